// The door of sim/store/: one seed, one life of a store's members.
// Invariant: loads the store, raft and checks, and nothing of a whole cluster: ten thousand seeds begin with it.
// Called by: tools/sim.ts, tests. Next on the way: run.ts.

export { crashRounds, type Rounds } from "./rounds.ts";
export { runStore, type StoreRun } from "./run.ts";
