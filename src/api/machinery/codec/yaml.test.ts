// YAML bodies against what upstream's converter made of the same text.
// Invariant: each row's JSON was printed by upstream's own YAMLToJSON.
// Called by: npm test. Next on the way: yaml.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "./errors.ts";
import { decodeYamlBody, yamlToJson } from "./yaml.ts";

const rows: readonly { name: string; yaml: string; json: string }[] = [
  {
    name: "words that are booleans in YAML 1.1",
    yaml: "[yes, no, on, off, y, n, True, 'y']",
    json: '[true,false,true,false,true,false,true,"y"]',
  },
  { name: "octal, hexadecimal, underscores", yaml: "[0777, 0x1f, 1_000, +1, 08]", json: "[511,31,1000,1,8]" },
  {
    name: "whole numbers keep their digits",
    yaml: "[12345678901234567890, 9007199254740993]",
    json: "[12345678901234567890,9007199254740993]",
  },
  {
    name: "dates and times of day stay text",
    yaml: "[2001-01-01, 2001-01-01T00:00:00Z, 1:30]",
    json: '["2001-01-01","2001-01-01T00:00:00Z","1:30"]',
  },
  { name: "anchors and merge keys", yaml: "a: &v {q: 1}\nm: {<<: *v, z: 2}", json: '{"a":{"q":1},"m":{"q":1,"z":2}}' },
  { name: "keys become text", yaml: "1: one\ntrue: t", json: '{"1":"one","true":"t"}' },
  { name: "only the first document counts", yaml: "---\n---\nb: 1", json: "null" },
  { name: "ordinary keys that JavaScript finds special", yaml: "__proto__: 1\nconstructor: 2", json: '{"__proto__":1,"constructor":2}' },
];

for (const { name, yaml, json } of rows) {
  test(name, () => assert.equal(yamlToJson(Buffer.from(yaml)).json.toString(), json));
}

test("a key given twice is told with its line, and the last one wins", () => {
  const body = "data:\n  a: x\n  a: again\nfoo: 1\n";
  const { object, strictErrors } = decodeYamlBody(Buffer.from(body), "io.k8s.api.core.v1.ConfigMap");
  assert.deepEqual(object.data, { a: "again" });
  assert.deepEqual(strictErrors, [
    'error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key "a" already set in map',
    'unknown field "foo"',
  ]);
});

test("what is no YAML is refused with a line", () => {
  assert.throws(
    () => yamlToJson(Buffer.from("a: 1\nb: [")),
    (error) => error instanceof DecodeError && error.message.startsWith("error converting YAML to JSON: yaml: line 2: "),
  );
});
