// The codecs: JSON, YAML and protobuf, all by the table of facts.
// Invariant: what decodes and encodes again has upstream's bytes.
// Called by: apiserver (bodies, answers), client. Next on the way: json.ts.

export { DecodeError, type DecodeErrorKind, describeDecodeError } from "./errors.ts";
export { typedFromPlain } from "./fromplain.ts";
export { type Decoded, decodeJson, encodeJson, encodeUntypedJson, peekTypeMeta, type PeekedTypeMeta } from "./json.ts";
export { canonicalQuantity } from "./quantity.ts";
export { decodeUntypedJson, decodeUntypedJsonStrict, type UntypedDecoded, type UntypedJson } from "./untyped.ts";
export {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufWatchEvent,
  isProtobuf,
  openEnvelope,
  type ProtobufDecoded,
  type ProtobufEnvelope,
} from "./protobuf/index.ts";
export { decodeYaml, decodeYamlBody, type YamlConverted, yamlToJson } from "./yaml.ts";
