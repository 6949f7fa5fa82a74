// A heap that has grown: V8 is told so once, and by nothing less than a look through all of it.
// Invariant shown: a small cluster's V8 is left alone; after the options are set nobody listens any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { macrotask } from "#lib";
import { followHeapGrowth } from "./heap-growth.ts";
import { growthFlags } from "./heap.ts";

/** Without the process being started for it. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return collect;
}

async function told(bytes: number, collections: number): Promise<readonly string[]> {
  const collect = collector();
  const flags: string[] = [];
  let asked = 0;
  const growth = followHeapGrowth(
    () => (asked++, bytes),
    (flag) => flags.push(flag),
  );
  for (let index = 0; index < collections; index++) {
    const before = asked;
    collect();
    // The collection is told in a turn of its own; once told, nobody asks again.
    for (let turn = 0; turn < 1000 && asked === before && flags.length === 0; turn++) await macrotask();
  }
  growth.close();
  return flags;
}

test("what is small stays as it is", async () => {
  assert.deepEqual(await told(1024, 2), []);
});

test("what has grown is told once", async () => {
  assert.deepEqual(await told(1024 ** 3, 3), growthFlags());
});
