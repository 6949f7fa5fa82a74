// The door of sim/: a virtual clock, who moves it, and a whole cluster that lives by it.
// Invariant: nothing here is part of a cluster on the machine's time.
// Called by: cmd/part.ts, labs, tests.

export { VirtualClock } from "./clock.ts";
export type { NodeView } from "./control.ts";
export { type ClockView, Driver, type Moved } from "./driver.ts";
export { startSimulation } from "./world.ts";
