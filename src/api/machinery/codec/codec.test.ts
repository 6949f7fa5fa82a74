// The codecs beyond recorded objects: limits, odd input, and what goes in must come out.
// Invariant: no row depends on another.
// Called by: npm test. Next on the way: conformance/api, objects recorded from upstream.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RawJson } from "../raw.ts";
import {
  canonicalQuantity,
  DecodeError,
  decodeJson,
  decodeProtobuf,
  decodeUntypedJson,
  decodeUntypedJsonStrict,
  encodeJson,
  encodeProtobuf,
  encodeProtobufWatchEvent,
  encodeUntypedJson,
} from "./index.ts";

const pod = "io.k8s.api.core.v1.Pod";
const configMap = "io.k8s.api.core.v1.ConfigMap";

function throughJson(text: string, type: string): string {
  return encodeJson(decodeJson(Buffer.from(text), type).object, type).toString();
}

const canonical: readonly { name: string; type: string; in: string; out: string }[] = [
  {
    name: "what is zero and may be left out goes; structs and lists that may not stay",
    type: pod,
    in: '{"spec":{"nodeName":"","hostNetwork":false}}',
    out: '{"metadata":{},"spec":{"containers":null},"status":{}}',
  },
  {
    name: "a pointer to zero stays",
    type: pod,
    in: '{"spec":{"activeDeadlineSeconds":0,"containers":[]}}',
    out: '{"metadata":{},"spec":{"containers":null,"activeDeadlineSeconds":0},"status":{}}',
  },
  {
    name: "null is no value",
    type: pod,
    in: '{"metadata":{"labels":null,"name":null},"spec":null}',
    out: '{"metadata":{},"spec":{"containers":null},"status":{}}',
  },
  {
    name: "a second mention merges into the first",
    type: configMap,
    in: '{"metadata":{"name":"a"},"data":{"x":"1"},"metadata":{"namespace":"b"},"data":{"y":"2"}}',
    out: '{"metadata":{"name":"a","namespace":"b"},"data":{"x":"1","y":"2"}}',
  },
  {
    name: "keys of maps are sorted by byte",
    type: configMap,
    in: '{"data":{"b":"","10":"","9":"","a":"","\uffff":"","😀":"","__proto__":"p","constructor":"c"}}',
    out: '{"metadata":{},"data":{"10":"","9":"","__proto__":"p","a":"","b":"","constructor":"c","\uffff":"","😀":""}}',
  },
  {
    name: "Go's escaping",
    type: configMap,
    in: '{"data":{"a":"<&>\\u2028\\u0001\\b\\f\\n\\/\\u00e9"}}',
    out: '{"metadata":{},"data":{"a":"\\u003c\\u0026\\u003e\\u2028\\u0001\\b\\f\\n/é"}}',
  },
  {
    name: "half a surrogate pair becomes U+FFFD",
    type: configMap,
    in: '{"data":{"a":"\\ud800x"}}',
    out: '{"metadata":{},"data":{"a":"\ufffdx"}}',
  },
  {
    name: "times in UTC and whole seconds",
    type: pod,
    in: '{"metadata":{"creationTimestamp":"2024-03-01T01:30:00.9+02:00"}}',
    out: '{"metadata":{"creationTimestamp":"2024-02-29T23:30:00Z"},"spec":{"containers":null},"status":{}}',
  },
  {
    name: "64-bit integers",
    type: pod,
    in: '{"metadata":{"generation":9223372036854775807}}',
    out: '{"metadata":{"generation":9223372036854775807},"spec":{"containers":null},"status":{}}',
  },
];

for (const row of canonical) test(row.name, () => assert.equal(throughJson(row.in, row.type), row.out));

test("each byte that is no UTF-8 becomes one U+FFFD", () => {
  const bytes = Buffer.concat([Buffer.from('{"data":{"a":"'), Buffer.from([0xe4, 0xbd, 0xff, 0x41]), Buffer.from('"}}')]);
  assert.deepEqual(decodeJson(bytes, configMap).object.data, { a: "\ufffd\ufffd\ufffdA" });
});

const quantities: readonly (readonly [string, string])[] = [
  ["1000m", "1"],
  ["0.5", "500m"],
  ["1024Ki", "1Mi"],
  ["1.5Gi", "1536Mi"],
  ["1.5Ki", "1536"],
  ["1.7Ki", "1740800m"],
  ["0.3Ki", "307200m"],
  ["100000", "100k"],
  ["1e3", "1e3"],
  ["12e5", "1200e3"],
  ["1E2", "100"],
  ["1.5E", "1500P"],
  ["-0.5", "-500m"],
  ["+1", "+1"],
  ["00012", "00012"],
  ["9.5Ei", "9223372036854775807"],
  ["0Ki", "0"],
  [".", "0"],
  ["k", "0"],
  ["0.1n", "1n"],
  ["1000Ki", "1000Ki"],
  ["100000000000000000000", "100E"],
];

for (const [text, want] of quantities) test(`quantity ${text}`, () => assert.equal(canonicalQuantity(text), want));

test("untyped JSON keeps integers of 64 bits and tells of duplicates", () => {
  const { value, strictErrors } = decodeUntypedJsonStrict(
    Buffer.from('{"a":{"b":9007199254740993,"b":[{"c":1,"c":2}]},"n":1e400}'.replace("1e400", "1.5")),
  );
  assert.deepEqual(value, { a: { b: [{ c: 2 }] }, n: 1.5 });
  assert.deepEqual(strictErrors, ['duplicate field "a.b"', 'duplicate field "a.b[0].c"']);
  assert.equal(decodeUntypedJson(Buffer.from("9007199254740993")), 9007199254740993n);
});

test("nesting is bounded", () => {
  assert.throws(() => decodeUntypedJson(Buffer.from("[".repeat(20_000))), /exceeded max depth/);
  const deep = `{"data":{"a":"1"},"x":${'{"y":'.repeat(9000)}1${"}".repeat(9000)}}`;
  assert.deepEqual(decodeJson(Buffer.from(deep), configMap).strictErrors, ['unknown field "x"']);
});

test("any untyped value survives", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = encodeUntypedJson(value);
      assert.deepEqual(encodeUntypedJson(decodeUntypedJson(bytes)).toString(), bytes.toString());
      assert.deepEqual(
        JSON.parse(bytes.toString()),
        JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "string" ? each.toWellFormed() : each))),
      );
    }),
  );
});

test("any labels survive JSON and protobuf alike", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (labels, generation) => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { labels, generation } };
      const bytes = encodeJson(object, configMap);
      const again = decodeProtobuf(encodeProtobuf(decodeJson(bytes, configMap).object as object, configMap));
      assert.equal(encodeJson(again.object, configMap).toString(), bytes.toString());
    }),
    { numRuns: 40 },
  );
});

test("cut or random protobuf ends in a DecodeError, never in another error", () => {
  const whole = encodeProtobuf({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } } as object, configMap);
  for (let length = 0; length < whole.length; length++) decodeOrRefuse(whole.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => decodeOrRefuse(Buffer.concat([whole.subarray(0, 20), tail]))));
});

function decodeOrRefuse(bytes: Uint8Array): void {
  try {
    decodeProtobuf(bytes);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
  }
}

test("a protobuf watch frame is a length and an event around the enveloped object", () => {
  const frame = encodeProtobufWatchEvent("ADDED", Buffer.from("xyz"));
  assert.equal(frame.readUInt32BE(0), frame.length - 4);
  assert.equal(frame.subarray(4).toString("latin1"), "\n\u0005ADDED\u0012\u0005\n\u0003xyz");
});

test("an object inside a raw field is written by its own kind", () => {
  const row = { cells: ["a", 1, null], object: { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { k: "v" } } };
  const table = {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: {},
    columnDefinitions: [],
    rows: [row, { cells: [], object: new RawJson('{"z":1}') }],
  };
  assert.equal(
    encodeJson(table, "io.k8s.apimachinery.pkg.apis.meta.v1.Table").toString(),
    '{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[],"rows":[{"cells":["a",1,null],"object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"v"}}},{"cells":[],"object":{"z":1}}]}',
  );
});
