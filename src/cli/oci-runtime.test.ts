// Which program a cluster's containerd starts containers with: what is kept for the next `up`, and what is refused by name.
// Invariant shown: nothing is kept for runc; a choice that no node would follow is refused, not passed over.
// Called by: npm test. Next on the way: oci-runtime.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterSettings } from "#compose";
import { chooseOciRuntime, ociRuntimeProblems } from "./oci-runtime.ts";

const real: ClusterSettings = { nodes: 1, simulatedNodes: 0, runtime: "containerd", without: [] };

test("a path, our own, runc, and what the last `up` chose", () => {
  const before = { ...real, ociRuntime: "/opt/old" };
  assert.deepEqual(chooseOciRuntime({}, undefined), {});
  assert.deepEqual(chooseOciRuntime({}, before), { ociRuntime: "/opt/old" });
  assert.deepEqual(chooseOciRuntime({ ociRuntime: "runc" }, before), {});
  assert.deepEqual(chooseOciRuntime({ ociRuntime: "/opt/x/../new" }, before), { ociRuntime: "/opt/new" });
  assert.match(chooseOciRuntime({ ociRuntime: "dhow-runtime" }, undefined).ociRuntime ?? "", /^\/.*\/bin\/dhow-runtime$/u);
});

const refused: readonly { says: string; asked?: string; settings: ClusterSettings; text: RegExp }[] = [
  { says: "played containers", asked: "/bin/sh", settings: { ...real, runtime: "simulated" }, text: /only nodes with a containerd/u },
  { says: "no such nodes", asked: "/bin/sh", settings: { ...real, nodes: 0, simulatedNodes: 1 }, text: /only nodes with a containerd/u },
  { says: "somebody else's runtime", asked: "/bin/sh", settings: { ...real, cri: "/run/x.sock" }, text: /--oci-runtime with --cri/u },
  { says: "a path to nothing", asked: "/no/such", settings: { ...real, ociRuntime: "/no/such" }, text: /\/no\/such does not exist$/u },
  { says: "a folder", asked: "/usr", settings: { ...real, ociRuntime: "/usr" }, text: /\/usr is no file$/u },
  { says: "one that has gone since", settings: { ...real, ociRuntime: "/no/such" }, text: /\/no\/such does not exist$/u },
  { says: "a name nobody has", asked: "sails", settings: { ...real, ociRuntime: "sails" }, text: /no program sails on the PATH$/u },
];
for (const { says, asked, settings, text } of refused)
  test(`refused: ${says}`, () => {
    const problems = ociRuntimeProblems(asked === undefined ? {} : { ociRuntime: asked }, settings);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, text);
  });

test("what is there, and what nobody asks about, is no problem", () => {
  assert.deepEqual(ociRuntimeProblems({ ociRuntime: "/bin/sh" }, { ...real, ociRuntime: "/bin/sh" }), []);
  assert.deepEqual(ociRuntimeProblems({}, { ...real, runtime: "simulated", ociRuntime: "/no/such" }), []);
});
