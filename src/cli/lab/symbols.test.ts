// Declarations found by name, mutants that fit or are refused, a learner's function in place of ours.
// Invariant: every symbol of the real tree's small files is found whole: its text has as many closers as openers.
// Called by: npm test. Next on the way: format.test.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { applyMutant, parseMutant } from "./mutant.ts";
import { emptied, isEmptied, overlay } from "./overlay.ts";
import { findSymbol, formatReference, hashOf, parseReference } from "./symbols.ts";

const source = `// header
export interface Plan {
  readonly start: number;
}

const one = 1;
const long =
  "a" +
  "b";
export async function many(
  first: string,
  second: number,
): Promise<number> {
  if (first) {
    return second;
  }

  return 1;
}

export class Box {
  readonly #items: string[] = [];

  get size(): number {
    return this.#items.length;
  }

  put(item: string): void {
    this.#items.push(item);
  }
}
export const arrow = (a: number): number => a + 1;
`;

const cases: { symbol: string; lines: number | undefined; ends: string }[] = [
  { symbol: "Plan", lines: 3, ends: "}" },
  { symbol: "one", lines: 1, ends: "1;" },
  { symbol: "long", lines: 3, ends: '"b";' },
  { symbol: "many", lines: 10, ends: "}" },
  { symbol: "Box", lines: 11, ends: "}" },
  { symbol: "Box.size", lines: 3, ends: "}" },
  { symbol: "Box.put", lines: 3, ends: "}" },
  { symbol: "Box.#items", lines: 1, ends: "[];" },
  { symbol: "arrow", lines: 1, ends: "+ 1;" },
  { symbol: "gone", lines: undefined, ends: "" },
  { symbol: "Box.gone", lines: undefined, ends: "" },
];

for (const { symbol, lines, ends } of cases) {
  test(`the text of ${symbol}`, () => {
    const found = findSymbol(source, symbol);
    assert.equal(found?.text.split("\n").length, lines);
    assert.ok((found?.text ?? "").endsWith(ends));
    if (found) assert.equal(source.slice(found.start, found.end), found.text);
  });
}

test("a real class and its members", () => {
  const text = readFileSync(join(import.meta.dirname, "../../lib/queue.ts"), "utf8");
  assert.match(findSymbol(text, "BoundedQueue")!.text, /^export class BoundedQueue[\s\S]*asyncIterator[\s\S]*\n}$/);
  assert.match(findSymbol(text, "BoundedQueue.push")!.text, /^ {2}push\(item: Item\): boolean \{[\s\S]*return true;\n {2}}$/);
});

test("references", () => {
  assert.deepEqual(parseReference("src/a/b.ts#Box.put@3f9a"), { file: "src/a/b.ts", symbol: "Box.put", hash: "3f9a" });
  assert.equal(formatReference(parseReference("src/a.ts#x")), "src/a.ts#x");
  assert.throws(() => parseReference("src/a.ts"), /is not file#symbol/);
  assert.equal(hashOf("a  b\n"), hashOf("a b"));
});

test("a mutant fits once or not at all", () => {
  const mutant = parseMutant("src/x.ts#Box.put: 'this.#items.push(item);' => ''");
  assert.match(applyMutant(source, mutant), /put\(item: string\): void \{\n {4}\n {2}}/);
  assert.throws(() => applyMutant(source, { ...mutant, symbol: "Bag" }), /has no Bag any more/);
  assert.throws(() => applyMutant(source, { ...mutant, from: "item" }), /stands 3 times .* exactly once/);
  assert.equal(parseMutant(String.raw`a.ts#f: 'it\'s' => 'x'`).from, "it's");
  assert.throws(() => parseMutant("a.ts#f: x => y"), /is not a mutant/);
});

test("a learner's function takes the place of ours, and of nothing else", () => {
  const empty = emptied(source, "many");
  assert.ok(isEmptied(empty, "many"));
  assert.match(empty, /Promise<number> \{\n {2}throw new Error\("many: write this"\);\n}/);
  const mine = "export async function many(first: string, second: number): Promise<number> {\n  return 7;\n}\n";
  const woven = overlay(source, "many", mine);
  assert.match(woven, /return 7/);
  assert.doesNotMatch(woven, /return second/);
  assert.match(woven, /export class Box/);
  assert.throws(() => overlay(source, "many", "export const x = 1;\n"), /keep its first line/);
  const member = emptied(source, "Box.put");
  assert.ok(isEmptied(member, "Box.put"));
  assert.match(
    overlay(source, "Box.put", member),
    /put\(item: string\): void \{\n {4}throw new Error\("Box.put: write this"\);\n {2}}\n}\n/,
  );
});
