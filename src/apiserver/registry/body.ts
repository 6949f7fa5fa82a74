// From a request's bytes to an object of the kind the path asks for.
// Invariant: what comes out fits the kind's table; everything else is refused with upstream's words and nothing has happened yet.
// Called by: create, update, delete and the subresources. Next on the way: create.ts.

import {
  type ApiObject,
  ApiError,
  type Decoded,
  DecodeError,
  decodeJson,
  decodeProtobuf,
  decodeUntypedJson,
  decodeYaml,
  findKind,
  groupVersions,
  joinApiVersion,
  splitApiVersion,
} from "#api";
import { type HttpRequest, header, readAll } from "#wire";
import { mediaTypes } from "../accept.ts";
import type { FieldValidation } from "./options.ts";
import { jsonText } from "./jsontext.ts";

export const maxBodyBytes = 3 << 20;

/** The name of the scheme in upstream's texts. */
export const schemeName = '"pkg/runtime/scheme.go:111"';

export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
}

export async function readBody(request: HttpRequest): Promise<Buffer> {
  if (Number(header(request.headers, "content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  try {
    return await readAll(request.body, maxBodyBytes);
  } catch (error) {
    throw error instanceof RangeError ? tooLarge() : error;
  }
}

const tooLarge = (): ApiError => ApiError.requestEntityTooLarge(`limit is ${maxBodyBytes}`);

export function contentType(request: HttpRequest): string {
  const value = header(request.headers, "content-type") ?? "";
  return value.split(";")[0]!.trim().toLowerCase();
}

/** As upstream's summary of data it could not read: text if it looks like JSON, hex otherwise, thirty bytes of it. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  const text = bytes.subarray(0, 30).toString(bytes[0] === 0x7b ? "utf8" : "hex");
  return bytes.length > 30 ? `${text} ...` : text;
}

function known(group: string, version: string): boolean {
  return groupVersions().some((one) => one.group === group && one.version === version);
}

/** Kinds that a path does not serve by themselves but every body decoder knows. */
function isRegistered(group: string, version: string, kind: string): boolean {
  return findKind(group, version, kind) !== undefined || (known(group, version) && metaKinds.has(kind));
}
const metaKinds = new Set(["DeleteOptions", "ListOptions", "CreateOptions", "UpdateOptions", "PatchOptions", "Status", "WatchEvent"]);

function checkKind(expected: BodyKind, apiVersion: string, kind: string): void {
  const { group, version } = splitApiVersion(apiVersion);
  if (kind === expected.kind && group === expected.group && version === expected.version) return;
  const problem = (detail: string): ApiError =>
    ApiError.badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${detail}`);
  if (!isRegistered(group, version, kind))
    throw problem(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${schemeName}`);
  if (kind === expected.kind) {
    const wanted = joinApiVersion(expected.group, expected.version);
    throw ApiError.badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  }
  const internal = expected.group === "" ? "core" : expected.group.split(".")[0];
  const given = group === "" ? version : `${group.split(".")[0]}${version}`;
  throw problem(`converting (${given}.${kind}) to (${internal}.${expected.kind}): unknown conversion`);
}

/** Where decoding by the expected table fails, the kind in the body tells whether that was the wrong table. */
function undecodable(expected: BodyKind, bytes: Buffer, original: Buffer, error: unknown): ApiError {
  if (!(error instanceof DecodeError)) throw error;
  if (error.kind !== "value") return unrecognized(expected, original, `couldn't get version/kind; json parse error: ${error.message}`);
  const given = decodeUntypedJson(bytes) as { apiVersion?: string; kind?: string };
  checkKind(expected, given.apiVersion ?? joinApiVersion(expected.group, expected.version), given.kind ?? expected.kind);
  return ApiError.badRequest(
    `${expected.kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: ${error.message}`,
  );
}

function unrecognized(expected: BodyKind, bytes: Buffer, problem: string): ApiError {
  return ApiError.badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${problem} (${summary(bytes)})`);
}

export interface DecodeInput {
  readonly expected: BodyKind;
  readonly media: string;
  readonly bytes: Buffer;
}

/** Decodes JSON, YAML or protobuf (an absent type is JSON). `object` has its kind and apiVersion filled in. */
export function decodeBody({ expected, media, bytes }: DecodeInput): Decoded {
  let decoded: Decoded;
  if (media === "application/vnd.kubernetes.protobuf") {
    try {
      decoded = decodeProtobuf(bytes);
    } catch (error) {
      throw unrecognized(expected, bytes, error instanceof Error ? error.message : String(error));
    }
  } else {
    let json = bytes;
    if (media === "application/yaml") json = fromYaml(expected, bytes);
    else if (media !== "application/json" && media !== "") throw ApiError.unsupportedMediaType(mediaTypes);
    try {
      decoded = decodeJson(json, expected.type);
    } catch (error) {
      throw undecodable(expected, json, bytes, error);
    }
  }
  const { object } = decoded;
  object.apiVersion ||= joinApiVersion(expected.group, expected.version);
  object.kind ||= expected.kind;
  checkKind(expected, object.apiVersion, object.kind);
  object.metadata ??= {};
  return decoded;
}

function fromYaml(expected: BodyKind, bytes: Buffer): Buffer {
  try {
    return Buffer.from(jsonText(decodeYaml(bytes.toString("utf8"))));
  } catch (error) {
    throw unrecognized(expected, bytes, error instanceof Error ? error.message : String(error));
  }
}

/** Unknown and duplicate fields: refused, told, or let pass, as the caller wishes. */
export function checkStrict(decoded: Decoded, validation: FieldValidation, expected: BodyKind, warn: (text: string) => void): ApiObject {
  const { object, strictErrors } = decoded;
  if (strictErrors.length === 0 || validation === "Ignore") return object;
  if (validation === "Strict") {
    const version = JSON.stringify(expected.version);
    const errors = strictErrors.join(", ");
    throw ApiError.badRequest(`${expected.kind} in version ${version} cannot be handled as a ${expected.kind}: strict decoding error: ${errors}`);
  }
  for (const text of strictErrors) warn(text);
  return object;
}
