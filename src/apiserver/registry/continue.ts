// The continue token of a list: where the next page starts, and at which revision.
// Invariant: same form as upstream's, so that clients, proxies and people who decode it find what they expect.
// Called by: list.ts. Next on the way: the client, and back.

import { ApiError } from "#api";

export interface Continue {
  /** -1: go on with the newest state (after the first one was compacted). */
  readonly revision: number;
  /** The full key to start at. */
  readonly start: string;
}

const version = "meta.k8s.io/v1";

/** `start` is stored without the part of the key that the request repeats anyway. */
export function encodeContinue({ revision, start }: Continue, prefix: string): string {
  const json = `{"v":"${version}","rv":${revision},"start":${JSON.stringify(start.slice(prefix.length))}}`;
  return Buffer.from(json).toString("base64url");
}

export function decodeContinue(token: string, prefix: string): Continue {
  const refuse = (problem: string): ApiError => ApiError.badRequest(`invalid continue token: continue key is not valid: ${problem}`);
  let fields: { v?: unknown; rv?: unknown; start?: unknown };
  const text = Buffer.from(token, "base64url").toString("latin1");
  try {
    fields = JSON.parse(Buffer.from(text, "latin1").toString("utf8")) as typeof fields;
  } catch {
    throw refuse(`invalid character ${JSON.stringify(text.trimStart().slice(0, 1)).replaceAll('"', "'")} looking for beginning of value`);
  }
  if (fields.v !== version) throw refuse(`server does not recognize this encoded version ${JSON.stringify(fields.v ?? "")}`);
  if (typeof fields.rv !== "number" || fields.rv === 0) throw refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  if (typeof fields.start !== "string" || fields.start === "") throw refuse("encoded start key empty (version meta.k8s.io/v1)");
  // A token must not lead out of what the request is authorized for.
  if (fields.start.startsWith("/") || fields.start.includes("../")) throw refuse(`${fields.start}`);
  return { revision: fields.rv, start: prefix + fields.start };
}
