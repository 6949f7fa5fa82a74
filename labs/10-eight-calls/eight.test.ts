// What the eight calls must be, and in which order, asked of the double: no root, nothing changes.
// Invariant: only what the kernel demands is demanded here; other orders that work are right.
// Called by: npm test, and `dhow lab 10 --check` with the learner's function. Next on the way: eight.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaceFlags, recordSyscalls } from "#linux";
import { enter } from "./eight.ts";

const bind = 4096;
const isPrivate = 1 << 18;

interface Calls {
  readonly all: readonly string[];
  /** Where the first call stands that fits; fails in words if there is none. */
  readonly at: (what: string, pattern: RegExp, fits?: (call: string) => boolean) => number;
}

function calls(): Calls {
  const { calls: all, syscalls } = recordSyscalls();
  enter(syscalls, "/room", ["/bin/sh", "-c", "true"]);
  return {
    all,
    at(what, pattern, fits = () => true) {
      const found = all.findIndex((call) => pattern.test(call) && fits(call));
      assert.ok(found >= 0, `no call that ${what}`);
      return found;
    },
  };
}

/** The flags of a mount: its fourth argument. */
const flagsOf = (call: string): number => (JSON.parse(`[${/\((.*)\)/.exec(call)![1]}]`) as unknown[])[3] as number;

test("namespaces come first, and the mount namespace is among them", () => {
  const { all } = calls();
  const [, flags = "0"] = /^unshare\((\d+)\)/.exec(all[0] ?? "") ?? [];
  assert.ok(Number(flags) & namespaceFlags.mount, `the first call is ${all[0]}`);
});

test("mounts are made private before the first one is made", () => {
  const { at } = calls();
  const cut = at("makes the mounts private", /^mount\("[^"]*","\/"|^mount\("[^"]*", "\/"/, (call) => (flagsOf(call) & isPrivate) !== 0);
  assert.ok(cut < at("binds the room onto itself", /"\/room", "\/room"/, (call) => (flagsOf(call) & bind) !== 0));
});

test("the room becomes a mount, is entered, becomes the root, and the old root goes", () => {
  const { at } = calls();
  const order = [
    at("binds the room onto itself", /"\/room", "\/room"/, (call) => (flagsOf(call) & bind) !== 0),
    at("enters the room", /^(?:chdir|fchdir)\(/),
    at("changes the root", /^pivotRootHere\(/),
    at("lets the old root go", /^unmountDetached\(/),
  ];
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("/proc is the new one, and the program comes last", () => {
  const { all, at } = calls();
  assert.ok(at("changes the root", /^pivotRootHere\(/) < at("mounts proc", /"\/proc", "proc"/));
  assert.equal(at("becomes the program", /^execve\("\/bin\/sh", \["\/bin\/sh","-c","true"\]/), all.length - 1);
});
