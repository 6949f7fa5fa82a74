// The quick decoders, from text and from plain JSON, beside the thorough one: where it answers at all, both say the same; what is plain, it answers.
// Invariant: equal seeds give equal texts; nothing here is timed.
// Called by: npm test. Next on the way: conformance/api, which decodes what upstream wrote.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RawJson } from "../raw.ts";
import { DecodeError } from "./errors.ts";
import { typedFromPlain } from "./fromplain.ts";
import { decodeSlowly, encodeUntypedJson } from "./json.ts";
import { decodeQuickly } from "./quick.ts";

const pod = "io.k8s.api.core.v1.Pod";

const plain = JSON.stringify({
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    name: "a",
    labels: { app: 'quo"ted', __proto__x: "é" },
    creationTimestamp: "2026-11-23T08:56:23Z",
    managedFields: [{ manager: "m", fieldsV1: { "f:spec": { 'k:{"name":"x"}': { ".": {} } } } }],
  },
  spec: {
    containers: [
      {
        name: "main",
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: "1500m", memory: "1Gi" } },
        livenessProbe: { httpGet: { port: "http" }, periodSeconds: -3 },
      },
    ],
    hostNetwork: true,
    terminationGracePeriodSeconds: 30,
  },
  status: { conditions: [{ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: "2026-11-23T10:56:23+02:00" }] },
});

function thorough(text: string): unknown {
  try {
    const { object, strictErrors } = decodeSlowly(text, pod);
    return strictErrors.length === 0 ? object : "strict errors";
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

function agrees(text: string): void {
  const quick = decodeQuickly(text, pod);
  if (quick !== undefined) assert.deepEqual({ ...quick }, thorough(text), text);
}

function fromPlainAgrees(value: unknown): void {
  const quick = typedFromPlain(value, pod);
  if (quick !== undefined) assert.deepEqual({ ...quick }, thorough(encodeUntypedJson(value).toString()));
}

test("plain JSON becomes typed without text, and as text does", () => {
  const value = JSON.parse(plain) as { metadata: { managedFields: { fieldsV1: unknown }[] } };
  assert.equal(typedFromPlain(value, pod), undefined, "raw subtrees have to be raw");
  const [entry] = value.metadata.managedFields;
  entry!.fieldsV1 = RawJson.of(entry!.fieldsV1);
  assert.ok(typedFromPlain(value, pod));
  fromPlainAgrees(value);
});

test("odd plain JSON is left to the thorough way", () => {
  for (const value of [
    null,
    [],
    { spek: {} },
    { metadata: { labels: { a: null } } },
    { metadata: { name: 1 } },
    { metadata: { name: "\ud800" } },
    { metadata: { generation: 1.5 } },
    { metadata: { generation: 2n ** 60n } },
    { metadata: { creationTimestamp: "now" } },
    { metadata: { managedFields: [{ fieldsV1: new RawJson('{ "a": 1 }') }] } },
    { spec: { priority: 2 ** 31 } },
    { spec: { containers: [null] } },
    { spec: { overhead: { cpu: 1 } } },
  ])
    assert.equal(typedFromPlain(value, pod), undefined);
});

test("plain text is read the quick way, and as the thorough way reads it", () => {
  for (const text of [
    plain,
    JSON.stringify(JSON.parse(plain), undefined, 2),
    "{}",
    '{"metadata":{}}',
    '{"spec":null}',
    ' {"spec": {"containers" : [ ] } } ',
  ]) {
    assert.ok(decodeQuickly(text, pod), text);
    agrees(text);
  }
});

test("what is odd is left to the thorough way", () => {
  const texts = [
    "",
    "null",
    "[]",
    "{",
    "{,}",
    '{"spec":{}',
    '{"spec":{},}',
    '{"spec":{}} x',
    '{"Spec":{}}',
    '{"kind":1}',
    '{"kind":"a","kind":"b"}',
    '{"metadata":{"labels":{"a":"1","a":"2"}}}',
    '{"metadata":{"labels":{"a":null}}}',
    '{"metadata":{"generation":1.0}}',
    '{"metadata":{"generation":01}}',
    '{"metadata":{"generation":-}}',
    '{"metadata":{"generation":9007199254740993}}',
    '{"spec":{"priority":2147483648}}',
    '{"spec":{"hostNetwork":tru}}',
    '{"spec":{"containers":[null]}}',
    '{"spec":{"containers":[,]}}',
    '{"metadata":{"creationTimestamp":"yesterday"}}',
    '{"spec":{"overhead":{"cpu":1}}}',
    '{"spec":{"overhead":{"cpu":"1\\u006d"}}}',
    '{"metadata":{"name":"a\u0001"}}',
    '{"metadata":{"name":"a\\x"}}',
  ]; // prettier-ignore
  for (const text of texts) assert.equal(decodeQuickly(text, pod), undefined, text);
});

test("a text with something changed anywhere: where the quick way answers, it is the thorough way's answer", () => {
  const pieces = ['"', "\\", "{", "}", "[", "]", ",", ":", "null", "0", "-1", "1e3", "true", " ", "\n", "é", '"name":', '"status":{}', ""];
  const change = fc.record({ at: fc.nat(plain.length), drop: fc.nat(3), put: fc.constantFrom(...pieces) });
  const property = fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
    let text = plain;
    for (const { at, drop, put } of changes) text = text.slice(0, at) + put + text.slice(at + drop);
    agrees(text);
  });
  fc.assert(property, { numRuns: 2000, seed: 42 });
});

test("values of every kind of field, whatever fits or does not", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("1", "1m", "1Gi", "2026-11-23T08:56:23Z", 5, -5, 0.5, true, null));
  const path = fc.constantFrom(
    (x: unknown) => ({ metadata: { generation: x } }),
    (x: unknown) => ({ metadata: { labels: { a: x } } }),
    (x: unknown) => ({ metadata: { deletionTimestamp: x } }),
    (x: unknown) => ({ metadata: { managedFields: [{ fieldsV1: x }] } }),
    (x: unknown) => ({ spec: { containers: [{ resources: { limits: { cpu: x } } }] } }),
    (x: unknown) => ({ spec: { containers: [{ livenessProbe: { httpGet: { port: x } } }] } }),
    (x: unknown) => ({ spec: { hostNetwork: x } }),
    (x: unknown) => ({ spec: { containers: x } }),
    (x: unknown) => ({ spec: x }),
  );
  const property = fc.property(path, value, (wrap, x) => {
    agrees(JSON.stringify(wrap(x)));
    fromPlainAgrees(wrap(x));
  });
  fc.assert(property, { numRuns: 3000, seed: 42 });
});
