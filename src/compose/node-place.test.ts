// Where nodes keep their things: nothing shared, nothing moved since there was only one, nothing of another cluster.
// Invariant shown: all follows from the number; folders of nodes beyond the wanted count are strays, other folders are not.
// Called by: npm test.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodePlace, nodePlaces, ownContainerd, strayPlaces } from "./node-place.ts";
import type { ClusterSettings } from "./state/folder.ts";
import { statePaths } from "./state/paths.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-place-"));
after(() => rmSync(home, { recursive: true, force: true }));
const paths = statePaths(home, "x");
const three: ClusterSettings = { nodes: 3, simulatedNodes: 0, runtime: "containerd", without: [] };

test("the first node is where the only one was; the others bear their number", () => {
  const [first, second] = nodePlaces(paths, three);
  assert.deepEqual(first, {
    index: 1,
    node: "x-1",
    containerdPart: "containerd",
    containerd: paths.containerd,
    cgroup: "/dhow-x",
    podCidr: "10.244.0.0/24",
  });
  assert.deepEqual(second, {
    index: 2,
    node: "x-2",
    containerdPart: "containerd-2",
    containerd: `${paths.containerd}-2`,
    cgroup: "/dhow-x_2",
    podCidr: "10.244.1.0/24",
  });
});

test("no two nodes of any clusters share a folder, a cgroup, or within a cluster a range", () => {
  const all = ["x", "x-2", "x-2-2"].flatMap((name) => nodePlaces(statePaths(home, name), three));
  for (const field of ["containerd", "cgroup"] as const) assert.equal(new Set(all.map((place) => place[field])).size, 9, field);
  assert.equal(new Set(nodePlaces(paths, three).map(({ podCidr }) => podCidr)).size, 3);
});

test("strays are folders of nodes beyond those that are wanted", () => {
  for (const name of ["containerd", "containerd-2", "containerd-10", "containerd-0", "containerd-x", "nodes"])
    mkdirSync(join(paths.directory, name), { recursive: true });
  const strays = (settings: ClusterSettings): readonly number[] => strayPlaces(paths, settings).map(({ index }) => index);
  assert.deepEqual(strays(three), [10]);
  assert.deepEqual(strays({ ...three, nodes: 1 }), [2, 10]);
  assert.deepEqual(strays({ ...three, runtime: "simulated" }), [1, 2, 10]);
  assert.deepEqual(strays({ ...three, nodes: 1, cri: "/run/x.sock" }), [1, 2, 10]);
  assert.deepEqual(nodePlace(paths, 10), strayPlaces(paths, three)[0]);
});

test("a containerd of our own is for real nodes without somebody else's", () => {
  assert.equal(ownContainerd(three), true);
  assert.equal(ownContainerd({ ...three, cri: "/run/x.sock" }), false);
  assert.equal(ownContainerd({ ...three, runtime: "simulated" }), false);
  assert.equal(ownContainerd({ ...three, nodes: 0, simulatedNodes: 5 }), false);
});
