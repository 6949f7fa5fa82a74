// Updates that a reference server refused, replayed on our rules.
// Invariant: every case in conformance/updates gives the same Status; of a pod's difference only the sentence before it counts.
// `old` is what was stored, `object` what was sent with PUT.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJson } from "../machinery/codec/index.ts";
import { type ApiObject, splitApiVersion } from "../machinery/object.ts";
import { findKind } from "../machinery/resources.ts";
import type { Status } from "../machinery/types.gen.ts";
import { ApiError } from "../meta/errors.ts";
import { rulesFor, validateObjectMetaUpdate } from "./index.ts";

interface Case {
  readonly name: string;
  readonly old: ApiObject;
  readonly object: ApiObject;
  readonly status: Status;
}

function answer(sent: ApiObject, stored: ApiObject): Status {
  const { group, version } = splitApiVersion(sent.apiVersion);
  const info = findKind(group, version, sent.kind);
  const rules = rulesFor(group, sent.kind);
  assert.ok(info && rules, `${sent.kind} has rules`);
  const read = (object: ApiObject): ApiObject => {
    const decoded = decodeJson(Buffer.from(JSON.stringify(object)), info.type).object;
    rules.setDefaults?.(decoded);
    return decoded;
  };
  const [object, old] = [read(sent), read(stored)];
  rules.prepareForUpdate?.(object, old);
  const errors = [...validateObjectMetaUpdate(object.metadata, old.metadata), ...(rules.validateUpdate?.(object, old) ?? [])];
  return ApiError.invalid({ group, kind: sent.kind }, object.metadata.name ?? "", errors).status;
}

/** Upstream prints the difference of its internal form, so only the sentence before it is compared. */
function firstLine(text: string | undefined): string {
  return (text ?? "").split("\n")[0] ?? "";
}

function comparable(status: Status): Status {
  const causes = (status.details?.causes ?? []).map((cause) => ({ ...cause, message: firstLine(cause.message) }));
  // Upstream checks the same metadata up to four times; we say it once.
  const once = [...new Map(causes.map((cause) => [JSON.stringify(cause), cause])).values()];
  return { ...status, message: firstLine(status.message), details: { ...status.details, causes: once } };
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../../../conformance/updates/updates.json"), "utf8")) as Case[];

for (const { name, old, object, status } of cases) {
  test(`update: ${name}`, () => {
    assert.deepEqual(comparable(answer(object, old)), comparable(status));
  });
}
