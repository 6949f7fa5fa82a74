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
  const text = yaml.stringify(value, {
    sortMapEntries: (a, b) => naturalOrder(keyText(a.key), keyText(b.key)),
    version: "1.1",
    indentSeq: false,
    lineWidth: 0,
    customTags: (tags) => tags.map(withDigits),
  });
  const body = Buffer.from(text);
  return { ...response, headers: { ...response.headers, "content-type": "application/yaml", "content-length": String(body.length) }, body };
}

/** To upstream's writer a lone point, which stands everywhere in managedFields, is text and not a number without digits. */
function withDigits(tag: Yaml.Tags[number]): Yaml.Tags[number] {
  if (typeof tag === "string" || !("test" in tag) || !tag.test?.test(".")) return tag;
  return { ...tag, test: new RegExp(`^(?=.*[0-9])(?:${tag.test.source})`, tag.test.flags) } as typeof tag;
}

function keyText(key: unknown): string {
  return String((key as { value?: unknown } | null)?.value ?? key);
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character);

/** The number that starts at `at`, and where it ends. */
function numberAt(text: string, at: number): { value: number; end: number } {
  let end = at;
  while (end < text.length && text[end]! >= "0" && text[end]! <= "9") end++;
  return { value: Number(text.slice(at, end) || "0"), end };
}

/** The order of keys as Go's YAML writes them: other signs before letters, runs of digits by their value. */
export function naturalOrder(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const [x, y] = [a[at]!, b[at]!];
    if (x === y) continue;
    const [letterX, letterY] = [isLetter(x), isLetter(y)];
    if (letterX !== letterY) return letterY ? -1 : 1;
    if (letterX) return x < y ? -1 : 1;
    const [numberX, numberY] = [numberAt(a, at), numberAt(b, at)];
    return numberX.value - numberY.value || numberX.end - numberY.end || (x < y ? -1 : 1);
  }
  return a.length - b.length;
}
