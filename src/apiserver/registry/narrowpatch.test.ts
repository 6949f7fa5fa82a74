// Tests of narrow patches: the same outcome as patching the whole, and when they are not taken.
// Invariant: one table; each case is patched narrowly and as a whole.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiObject, decodeJson, decodeUntypedJson, encodeJson, encodeUntypedJson } from "#api";
import { patchNarrowly } from "./narrowpatch.ts";
import { applyPatch, type Patch } from "./applypatch.ts";

const type = "io.k8s.api.core.v1.Pod";

function pod(): ApiObject {
  const text = `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","uid":"u","labels":{"x":"1"},"managedFields":[{"manager":"m",
    "operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:a":{"10":{},"9":{}}}}]},
    "spec":{"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Pending","conditions":[{"type":"A","status":"True"}]}}`;
  return decodeJson(Buffer.from(text), type).object;
}

const cases: readonly { name: string; type: Patch["type"]; patch: string; narrow: boolean }[] = [
  { name: "a status", type: "strategic", patch: '{"status":{"phase":"Running"}}', narrow: true },
  {
    name: "a status merged by key",
    type: "strategic",
    patch: '{"metadata":{"uid":"u"},"status":{"conditions":[{"type":"B","status":"True"}]}}',
    narrow: true,
  },
  { name: "a status that goes", type: "merge", patch: '{"status":null}', narrow: true },
  { name: "labels", type: "merge", patch: '{"metadata":{"labels":{"x":null,"y":"2"}}}', narrow: true },
  { name: "the same kind", type: "strategic", patch: '{"kind":"Pod","status":{"phase":"Running"}}', narrow: true },
  { name: "another uid", type: "strategic", patch: '{"metadata":{"uid":"v"},"status":{"phase":"Running"}}', narrow: true },
  { name: "another kind", type: "merge", patch: '{"kind":"Node","status":{"phase":"Running"}}', narrow: false },
  { name: "an unknown field", type: "merge", patch: '{"status":{"fase":"Running"}}', narrow: false },
  { name: "an unknown field at the top", type: "merge", patch: '{"stat":{}}', narrow: false },
  { name: "a wrong value", type: "merge", patch: '{"status":{"phase":7}}', narrow: false },
  { name: "a directive", type: "strategic", patch: '{"$patch":"replace","status":{}}', narrow: false },
  { name: "nothing", type: "merge", patch: '{"metadata":{"name":"a"}}', narrow: false },
];

for (const one of cases) {
  test(`${one.type} patch of ${one.name} is ${one.narrow ? "narrow, and the same as a whole one" : "left to the whole"}`, () => {
    const patch: Patch = { type: one.type, document: decodeUntypedJson(Buffer.from(one.patch)) };
    const object = pod();
    const before = encodeJson(object, type).toString();
    const found = patchNarrowly(patch, object, type);
    assert.equal(encodeJson(object, type).toString(), before, "the stored object is not changed");
    assert.equal(found !== undefined, one.narrow);
    if (!found) return;
    const whole = applyPatch(patch, decodeUntypedJson(encodeJson(pod(), type)), type);
    assert.equal(encodeJson(found, type).toString(), encodeJson(decodeJson(encodeUntypedJson(whole), type).object, type).toString());
    assert.equal(found["spec"], object["spec"]);
  });
}
