// YAML for those who ask for it: the finished JSON answer, written again with sorted keys as upstream writes it.
// Invariant: only whole answers come here, never a stream; numbers and text keep their type on the way back.
// Called by: pipeline.ts when `application/yaml` was negotiated. Next on the way: the socket.

import { createRequire } from "node:module";
import { decodeUntypedJson } from "#api";
import { assert } from "#lib";
import type { HttpResponse } from "#wire";
import type * as Yaml from "yaml";

/** Loaded with the first YAML answer: most servers never write one. */
const require = createRequire(import.meta.url);

export function withYaml(response: HttpResponse): HttpResponse {
  if (response.headers["content-type"] !== "application/json") return response;
  assert(response.body instanceof Uint8Array, "only a whole answer becomes YAML");
  const yaml = require("yaml") as typeof Yaml;
  const value = decodeUntypedJson(response.body);
  const text = yaml.stringify(value, { sortMapEntries: true, version: "1.1", indentSeq: false, lineWidth: 80 });
  const body = Buffer.from(text);
  return { ...response, headers: { ...response.headers, "content-type": "application/yaml", "content-length": String(body.length) }, body };
}
