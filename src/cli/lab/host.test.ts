// Clearing up after a lab: whoever carries its mark ends, also who starts another one the moment one dies.
// Invariant: only processes that this test has started are touched.
// Called by: npm test.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { systemClock } from "#lib";
import { compare, endMarked, markedProcesses } from "./host.ts";

test("a keeper of processes is ended together with all that it keeps", { skip: process.platform !== "linux" }, async () => {
  const mark = `/nowhere/${process.pid}-${performance.now()}`;
  const env = { PATH: process.env["PATH"], DHOW_LAB_WORK: mark };
  const keeper = spawn("/bin/sh", ["-c", "echo begun; while :; do sleep 1000; done"], { stdio: ["ignore", "pipe", "ignore"], env });
  await once(keeper.stdout, "data");
  const gone = once(keeper, "exit");
  assert.ok(markedProcesses(mark).length >= 1);
  await endMarked(mark, systemClock());
  await gone;
  assert.deepEqual(markedProcesses(mark), []);
  await endMarked(mark, systemClock());
});

test("what is new and carries the mark is the lab's; what else is new is somebody else's", () => {
  const before = { mounts: ["/"], interfaces: ["lo"], groups: [], marked: [] };
  const after = {
    mounts: ["/", "/tmp/dhow-lab-x/tree", "/mnt"],
    interfaces: ["lo", "br0"],
    groups: ["/sys/fs/cgroup/dhow-lab-x"],
    marked: ["process 7: sleep"],
  };
  assert.deepEqual(compare(before, after, "/tmp/dhow-lab-x"), {
    ours: ["process 7: sleep", "control group /sys/fs/cgroup/dhow-lab-x", "mount /tmp/dhow-lab-x/tree"],
    others: ["mount /mnt", "interface br0"],
  });
});
