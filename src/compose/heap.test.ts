// V8's options: those of a part are its own, and keep no process from starting.
// Invariant shown: the pinned Node takes them all; a V8 that was not measured gets only what every V8 knows.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { heapFlags, isHeapFlag, type Role } from "./heap.ts";

const roles: readonly Role[] = ["control-plane", "simulated-nodes", "other"];

test("this very Node starts with the options of every part", () => {
  for (const role of roles) {
    const { status, stderr } = spawnSync(process.execPath, [...heapFlags(role, 1000), "-e", "0"], { encoding: "utf8" });
    assert.equal(status, 0, `${role}: ${stderr}`);
  }
});

test("an unknown V8 is given only options that every V8 has", () => {
  const promised = /^--(max-semi-space-size|min-semi-space-size|v8-pool-size)=\d+$/;
  for (const role of roles)
    for (const nodes of [1, 1000]) for (const flag of heapFlags(role, nodes, "99.1.2")) assert.match(flag, promised);
  assert.ok(heapFlags("control-plane", 1000, "14.6.202.34-node.34").some((flag) => !promised.test(flag)));
});

test("no option is handed on to another part", () => {
  for (const role of roles)
    assert.deepEqual(
      heapFlags(role, 1000, "14.6.1").filter((flag) => !isHeapFlag(flag)),
      [],
    );
  assert.equal(isHeapFlag("--disable-proto=delete"), false);
});
