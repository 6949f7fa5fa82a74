// The door of runtime/: an OCI runtime as a library. The command line around it is main.ts.
// Invariant: everything is synchronous. Where children are born is chosen for a moment and chosen back; nothing else of the calling process changes.
// Called by: cli/, and by a process that lives long: a hand (by-hand.ts) then does the work inside, and no Node is started.

export { create, type CreateOptions, type Created } from "./create.ts";
export { RuntimeError } from "./errors.ts";
export { exec, type ExecOptions, type Executed } from "./exec.ts";
export { features } from "./features.ts";
export { kill, pauseContainer, remove, signalNumber } from "./kill.ts";
export { list, type ListedContainer, processes, stateOf } from "./list.ts";
export { type Machine, openMachine } from "./machine.ts";
export { start } from "./start.ts";
export { update } from "./update.ts";
