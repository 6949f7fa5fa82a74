// The parts of apply, where a table says more than a story: sets and their text, order, keys, merging of lists.
// Invariant: texts are upstream's; set operations obey the laws of sets.
// Called by: node --test. The whole is tested by conformance/ownership.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compare } from "./compare.ts";
import { compareElements, keyElement, pathText, valueElement } from "./element.ts";
import { FieldSet } from "./fieldset.ts";
import { fieldsText, parseFields } from "./fieldsv1.ts";
import { mergeDocuments } from "./merge.ts";
import { resetFilter } from "./reset.ts";
import { validateDocument } from "./validate.ts";

const pod = "io.k8s.api.core.v1.Pod";
const configMap = "io.k8s.api.core.v1.ConfigMap";

describe("fieldsV1", () => {
  for (const [name, text, canonical] of [
    ["empty", "{}", "{}"],
    ["fields in order, a point for the step itself", '{"f:b":{},"f:a":{".":{},"f:x":{}}}', '{"f:a":{".":{},"f:x":{}},"f:b":{}}'],
    ["a step with nothing below it is a member", '{"f:a":{".":{}}}', '{"f:a":{}}'],
    ["steps of unknown kinds are dropped", '{"q:a":{},"f:b":{}}', '{"f:b":{}}'],
    ["keys of items are sorted", '{"k:{\\"protocol\\":\\"TCP\\",\\"port\\":80}":{}}', '{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{}}'],
    ["numbers by value, before text", '{"v:\\"a\\"":{},"v:10":{},"v:9":{}}', '{"v:9":{},"v:10":{},"v:\\"a\\"":{}}'],
    ["fields, keys, values, places", '{"i:1":{},"v:1":{},"k:{\\"a\\":1}":{},"f:z":{}}', '{"f:z":{},"k:{\\"a\\":1}":{},"v:1":{},"i:1":{}}'],
    ["nothing is special", '{"f:__proto__":{},"f:constructor":{}}', '{"f:__proto__":{},"f:constructor":{}}'],
  ] as const)
    test(name, () => assert.equal(fieldsText(parseFields(text)), canonical));

  for (const text of ['{"a":{}}', '{"f:a":1}', '{"k:x":{}}', '{"i:x":{}}', "["])
    test(`no set: ${text}`, () => assert.throws(() => parseFields(text), SyntaxError));
});

test("paths are shown as upstream shows them", () => {
  const path = [
    "f:spec",
    "f:ports",
    keyElement([
      ["protocol", "TCP"],
      ["containerPort", 80],
    ]),
    valueElement("x"),
    "i:3",
  ];
  assert.equal(pathText(path), '.spec.ports[containerPort=80,protocol="TCP"][="x"][3]');
});

const element = fc.constantFrom("f:a", "f:b", "f:c", "v:1", 'k:{"n":"x"}');
const set = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 }).map((paths) => FieldSet.of(...paths));
const listed = (one: FieldSet): string[] => [...one.paths()].map((path) => path.join("/")).toSorted();

test("set operations are those of sets of paths", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const [left, right] = [listed(a), listed(b)];
      assert.deepEqual(listed(a.union(b)), [...new Set([...left, ...right])].toSorted());
      assert.deepEqual(
        listed(a.intersection(b)),
        left.filter((path) => right.includes(path)),
      );
      assert.deepEqual(
        listed(a.difference(b)),
        left.filter((path) => !right.includes(path)),
      );
      const below = (path: string): boolean => right.some((one) => path === one || path.startsWith(`${one}/`));
      assert.deepEqual(
        listed(a.recursiveDifference(b)),
        left.filter((path) => !below(path)),
      );
      assert.equal(
        a.touches(b),
        left.some((path) => right.includes(path)),
      );
      assert.equal(
        a.covers(b),
        right.every((path) => left.includes(path)),
      );
      assert.equal(a.empty, left.length === 0);
      assert.deepEqual(listed(parseFields(fieldsText(a))), left);
    }),
    { numRuns: 300 },
  );
});

test("items of one key are in order of what it says, escaped or not", () => {
  const names = ["", " ", "!", "a", "a b", "a!", "ab", 'a"', "a\\", "é", "😀", "\uffff"];
  const elements = names.map((name) => keyElement([["name", name]]));
  const bytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(
    elements.toSorted(compareElements),
    bytes.map((name) => keyElement([["name", name]])),
  );
});

test("the order of steps is an order", () => {
  fc.assert(fc.property(element, element, (a, b) => Math.sign(compareElements(a, b)) === -Math.sign(compareElements(b, a))));
});

test("what changed is told by key, with all that is in it", () => {
  const containers = (...items: object[]): { spec: { containers: object[] } } => ({ spec: { containers: items } });
  const [a, b] = [
    { name: "a", image: "x" },
    { name: "b", image: "y" },
  ];
  const { added, modified, removed } = compare(containers(a, b), containers({ ...a, image: "z" }, { name: "c" }), pod);
  assert.equal(fieldsText(added), '{"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:name":{}}}}}');
  assert.equal(fieldsText(modified), '{"f:spec":{"f:containers":{"k:{\\"name\\":\\"a\\"}":{"f:image":{}}}}}');
  assert.equal(fieldsText(removed), '{"f:spec":{"f:containers":{"k:{\\"name\\":\\"b\\"}":{".":{},"f:image":{},"f:name":{}}}}}');
});

describe("lists merge by key", () => {
  const names = (text: string): object => ({ spec: { containers: text.split("").map((name) => ({ name })) } });
  for (const [live, config, merged] of [
    ["abc", "", "abc"],
    ["", "abc", "abc"],
    ["abc", "cab", "cab"],
    ["abc", "b", "abc"],
    ["abc", "db", "adbc"],
    ["abcd", "dxa", "bcdxa"],
    ["axb", "ba", "xba"],
  ] as const)
    test(`${live || "nothing"} with ${config || "nothing"}`, () => {
      const { spec } = mergeDocuments(names(live) as never, names(config) as never, pod) as { spec: { containers: { name: string }[] } };
      assert.equal(spec.containers.map(({ name }) => name).join(""), merged);
    });
});

test("other sides of an object are nobody's", () => {
  const text =
    '{"f:metadata":{"f:labels":{}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{"f:image":{},"f:resources":{"f:limits":{}}}}},"f:status":{"f:phase":{}}}';
  const left = (subresource: string): string =>
    fieldsText(resetFilter({ group: "", version: "v1", kind: "Pod" }, subresource)(parseFields(text)));
  assert.ok(!left("").includes("phase") && left("").includes("image"));
  assert.ok(left("status").includes("phase") && !left("status").includes("image"));
});

test("configurations that do not fit are refused in upstream's words", () => {
  assert.equal(validateDocument({ foo: 1 }, configMap), ".foo: field not declared in schema");
  assert.equal(validateDocument({ data: 5 }, configMap), ".data: expected map, got &{5}");
  assert.equal(validateDocument({ data: null, immutable: true }, configMap), undefined);
});
