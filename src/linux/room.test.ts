// What is left of a machine, from texts as kernels write them.
// Invariant shown: a machine with both versions of control groups counts as version 1.
// Called by: npm test. Next on the way: room.ts.

import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cgroupFactsOf, freeDiskBytes, parseMemAvailable } from "./room.ts";

const mount = (fsType: string, target: string): { fsType: string; target: string } => ({ fsType, target });

test("control groups", () => {
  const read = (): string => "cpuset cpu io memory pids\n";
  assert.deepEqual(cgroupFactsOf([mount("ext4", "/")], read), { version: "none", controllers: [] });
  assert.deepEqual(cgroupFactsOf([mount("cgroup2", "/sys/fs/cgroup")], read), {
    version: "v2",
    controllers: ["cpu", "cpuset", "io", "memory", "pids"],
  });
  const both = [
    mount("cgroup", "/sys/fs/cgroup/cpu,cpuacct"),
    mount("cgroup", "/sys/fs/cgroup/memory"),
    mount("cgroup2", "/sys/fs/cgroup/unified"),
  ];
  assert.deepEqual(cgroupFactsOf(both, read), { version: "v1", controllers: ["cpu", "cpuacct", "memory"] });
});

test("memory and disk", () => {
  assert.equal(parseMemAvailable("MemTotal:  1 kB\nMemAvailable:   2048 kB\n"), 2 << 20);
  assert.equal(parseMemAvailable(""), undefined);
  assert.ok((freeDiskBytes(join(tmpdir(), "no", "such", "folder")) ?? -1) >= 0);
});
