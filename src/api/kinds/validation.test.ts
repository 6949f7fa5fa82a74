// Bad objects and the answers a reference server gave to them, replayed on our rules.
// Invariant: every case in conformance/validation gives the same Status, message, causes and order included.
// The cases were posted with dryRun=All into the namespace `kindslab`; see conformance/validation.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJson } from "../machinery/codec/index.ts";
import { type ApiObject, splitApiVersion } from "../machinery/object.ts";
import { findKind } from "../machinery/resources.ts";
import type { Status } from "../machinery/types.gen.ts";
import { ApiError } from "../meta/errors.ts";
import { rulesFor, validateObjectMeta } from "./index.ts";

interface Case {
  readonly name: string;
  readonly object: ApiObject;
  readonly status: Status;
}

const folder = join(import.meta.dirname, "../../../conformance/validation");

function answer(sent: ApiObject): Status {
  const { group, version } = splitApiVersion(sent.apiVersion);
  const info = findKind(group, version, sent.kind);
  const rules = rulesFor(group, sent.kind);
  assert.ok(info && rules, `${sent.kind} has rules`);
  const { object } = decodeJson(Buffer.from(JSON.stringify(sent)), info.type);
  rules.setDefaults?.(object);
  if (info.namespaced) object.metadata.namespace = "kindslab";
  if (!object.metadata.name && object.metadata.generateName) object.metadata.name = `${object.metadata.generateName}x1x2x`;
  rules.prepareForCreate?.(object);
  const errors = [
    ...validateObjectMeta(object.metadata, { namespaced: info.namespaced, nameRule: rules.nameRule }),
    ...(rules.validate?.(object) ?? []),
  ];
  return ApiError.invalid({ group, kind: sent.kind }, object.metadata.name ?? "", errors).status;
}

/** Generated names differ from run to run. */
function scrub(status: Status, prefix: string | undefined): unknown {
  const text = JSON.stringify(status);
  return JSON.parse(prefix ? text.replaceAll(new RegExp(`${prefix}[a-z0-9]{5}`, "g"), `${prefix}GEN`) : text);
}

for (const file of readdirSync(folder).sort()) {
  const cases = JSON.parse(readFileSync(join(folder, file), "utf8")) as Case[];
  test(`validation: ${file}`, async (t) => {
    for (const { name, object, status } of cases) {
      await t.test(name, () => {
        const prefix = object.metadata?.generateName;
        assert.deepEqual(scrub(answer(object), prefix), scrub(status, prefix));
      });
    }
  });
}
