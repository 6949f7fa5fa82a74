// What a machine lacks, as a table from facts to problems: all of them at once, each with what to do.
// Invariant shown: simulated nodes need neither root nor programs; a foreign runtime needs no programs of ours.
// Called by: npm test. Next on the way: host.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterSettings } from "#compose";
import { type HostFacts, hostProblems } from "./host.ts";
import { chooseSettings } from "./preflight.ts";

const good: HostFacts = {
  platform: "linux",
  root: true,
  missingPrograms: [],
  missingPlugins: [],
  missingCapabilities: [],
  cgroups: { version: "v2", controllers: ["cpu", "memory", "pids"] },
  memoryBytes: 4e9,
  diskBytes: 4e9,
  readOnlyFolder: undefined,
};
const real: ClusterSettings = { nodes: 1, simulatedNodes: 0, runtime: "containerd", without: [] };
const played: ClusterSettings = { ...real, runtime: "simulated" };
const bare = { ...good, root: false, missingPrograms: ["containerd", "runc"], missingPlugins: ["bridge"] };

const cases: { name: string; facts: HostFacts; settings: ClusterSettings; want: readonly RegExp[] }[] = [
  { name: "a machine with everything", facts: good, settings: real, want: [] },
  {
    name: "a bare machine: everything at once",
    facts: { ...bare, cgroups: { version: "none", controllers: [] } },
    settings: real,
    want: [
      /needs root/,
      /no control groups/,
      /containerd is not installed \(Debian: apt install containerd\)/,
      /runc is not installed/,
      /CNI plugin .*bridge is missing/,
    ],
  },
  { name: "simulated nodes on a bare machine", facts: bare, settings: played, want: [] },
  {
    name: "root without rights",
    facts: { ...good, missingCapabilities: ["CAP_NET_ADMIN"] },
    settings: real,
    want: [/root lacks CAP_NET_ADMIN/],
  },
  { name: "somebody else's runtime", facts: { ...bare, root: true }, settings: { ...real, cri: "/run/x.sock" }, want: [] },
  {
    name: "another OCI runtime needs no runc",
    facts: { ...good, missingPrograms: ["runc"] },
    settings: { ...real, ociRuntime: "/bin/true" },
    want: [],
  },
  { name: "another system", facts: { ...bare, platform: "darwin" }, settings: real, want: [/needs Linux/] },
  {
    name: "no room",
    facts: { ...good, diskBytes: 5e6, memoryBytes: 5e6, readOnlyFolder: "/root" },
    settings: played,
    want: [/\/root cannot be written; DHOW_HOME/, /disk: 4 MiB free/, /memory: 4 MiB available/],
  },
  { name: "three nodes on containerd", facts: good, settings: { ...real, nodes: 3 }, want: [] },
  {
    name: "three nodes on somebody else's runtime",
    facts: good,
    settings: { ...real, nodes: 3, cri: "/run/x.sock" },
    want: [/--cri with more than one node: .*strays/],
  },
  {
    name: "more nodes than ranges, and than memory",
    facts: good,
    settings: { ...real, nodes: 257 },
    want: [/memory: 3814 MiB available, 25800 MiB wanted/, /more than 256 nodes on containerd/],
  },
];

for (const { name, facts, settings, want } of cases)
  test(`preflight: ${name}`, () => {
    const problems = hostProblems(facts, settings);
    assert.equal(problems.length, want.length, problems.join("\n"));
    for (const [index, pattern] of want.entries()) assert.match(problems[index]!, pattern);
  });

test("the runtime is chosen by what can run, and said why", () => {
  const chosen = (facts: HostFacts): string => chooseSettings({ name: "x" }, undefined, 0, () => facts).words.join();
  assert.equal(chosen(good), "runtime: containerd (containerd is there and we are root; --runtime chooses)");
  assert.match(chosen(bare), /runtime: simulated \(real containers need root/);
  assert.match(chosen({ ...bare, root: true }), /runtime: simulated \(containerd is not installed .*and 2 more; `dhow doctor` lists them/);
  const kept = chooseSettings({ name: "x" }, { ...played, port: 7000, simulatedNodes: 3, nodes: 0 }, 0, () => good);
  assert.deepEqual(kept.settings, { ...played, port: 7000, simulatedNodes: 3, nodes: 0 });
});
