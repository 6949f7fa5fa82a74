// Lines of watches that share their bytes: parsed once, shared frozen, forgotten after a while.
// Invariant: what comes out does not depend on how the bytes were cut.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLines, sharedLines } from "./lines.ts";

const line = (name: string): Buffer =>
  Buffer.from(`{"type":"ADDED","object":{"metadata":{"name":"${name}","managedFields":[{"manager":"m"}]}}}\n`);

async function read(chunks: readonly Uint8Array[], parse?: Parameters<typeof jsonLines>[1]): Promise<unknown[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  const found: unknown[] = [];
  for await (const one of jsonLines(body(), parse)) found.push(one);
  return found;
}

test("two watches that are handed the same bytes are handed the same frozen object, without field ownership", async () => {
  const [a, b] = [line("a"), line("b")];
  const parse = sharedLines();
  const first = await read([a, b], parse);
  const second = await read([a, b], parse);
  assert.equal(first[0], second[0]);
  assert.equal(first[1], second[1]);
  assert.deepEqual(first[0], { type: "ADDED", object: { metadata: { name: "a" } } });
  assert.ok(Object.isFrozen((first[0] as { object: object }).object));
});

test("joined or cut, the lines are the same", async () => {
  const [a, b] = [line("ä"), line("b")];
  const joined = Buffer.concat([a, b]);
  const whole = await read([a, Buffer.from("\n"), b]);
  assert.equal(whole.length, 2);
  assert.deepEqual(await read([joined]), whole);
  for (const cut of [1, 40, a.length - 1, a.length, a.length + 1, joined.length - 1])
    assert.deepEqual(await read([joined.subarray(0, cut), joined.subarray(cut)]), whole);
});
