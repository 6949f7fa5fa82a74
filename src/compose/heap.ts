// What V8 is told about the memory of each part: how large its young generation is, and when the old one is looked through.
// Invariant: an option that V8 does not promise is given only to the V8 it was measured on, for an unknown one keeps a process from starting.
// Called by: cluster.ts, for the command line of every part; heap-growth.ts. bench/README.md has what these options were measured to do.

/** From here on a cluster is one for load, and spends memory: what a crowd of pods has in flight would only be copied to and fro. */
const manyNodes = 50;

/** The V8 whose unpromised options are used here. */
const measuredV8 = "14.6.";

export type Role = "control-plane" | "simulated-nodes" | "other";

/**
 * Small young generations and one allocation arena: what a cluster on a laptop weighs when it does nothing. The control plane's is larger:
 * eight more megabytes at rest save a sixth of what a write costs. Its objects die at the same rate in a larger one: half as many pauses, each twice as long.
 */
function young(role: Role, many: boolean): readonly string[] {
  if (role === "control-plane") return bounds(16, many ? 16 : undefined);
  return [...(role === "simulated-nodes" && many ? bounds(32, 16) : bounds(1)), "--v8-pool-size=1"];
}

/** Under nothing but heartbeats V8 lets the young generation shrink to `least`, and collects the more often for it. */
function bounds(most: number, least?: number): readonly string[] {
  return [`--max-semi-space-size=${most}`, ...(least === undefined ? [] : [`--min-semi-space-size=${least}`])];
}

/**
 * The store's bytes lie outside the heap. Of those V8 takes 64 more for a reason to look through everything, at any size; told to count them with the
 * heap it waits until the whole has grown in proportion. Ten thousand pods made thirty such collections, each stopping the loop for half a second in sum.
 */
const countOutside = ["--external-memory-accounted-in-global-limit"];

/** Where heartbeats never end, V8 takes them for a rest and looks through the whole heap every ten seconds for memory to give back. */
const keepAtRest = ["--no-memory-reducer", "--no-scavenger-updates-allocation-limit"];

const growth = "--heap-growing-percent=100";

/** Beginning with room for ten pods a node, 768 MB at most, and then with as much again as lives. */
function roomToGrow(nodes: number): readonly string[] {
  return [`--initial-old-space-size=${Math.min(768, Math.max(64, Math.round(nodes * 0.75)))}`, growth];
}

function old(role: Role, nodes: number, v8: string): readonly string[] {
  if (role === "other" || !v8.startsWith(measuredV8)) return [];
  return role === "control-plane" ? [...keepAtRest, ...countOutside, ...roomToGrow(nodes)] : keepAtRest;
}

/** `nodes` is how many the part has to do with: all of the cluster's for control plane and simulated nodes. */
export function heapFlags(role: Role, nodes: number, v8 = process.versions.v8): readonly string[] {
  const many = nodes >= manyNodes;
  return [...young(role, many), ...(many ? old(role, nodes, v8) : [])];
}

/** For a control plane that is running already, and has more to keep than was to be expected: those that V8 reads again and again. */
export function growthFlags(v8 = process.versions.v8): readonly string[] {
  return v8.startsWith(measuredV8) ? [...countOutside, growth] : [];
}

const names = /^--(m(ax|in)-semi-space-size|v8-pool-size|initial-old-space-size|heap-growing-percent)=/;

/** One of these options, which a process that starts another must not hand on. */
export function isHeapFlag(flag: string): boolean {
  return names.test(flag) || countOutside.includes(flag) || keepAtRest.includes(flag);
}
