// The door of runtime/: an OCI runtime as a library. The command line around it is main.ts.
// Invariant: everything is synchronous and may move the process it runs in between namespaces for a moment: only short-lived processes call create and exec.

export { create, type CreateOptions, type Created } from "./create.ts";
export { RuntimeError } from "./errors.ts";
export { exec, type ExecOptions, type Executed } from "./exec.ts";
export { features } from "./features.ts";
export { kill, pauseContainer, remove, signalNumber } from "./kill.ts";
export { list, type ListedContainer, processes, stateOf } from "./list.ts";
export { type Machine, openMachine } from "./machine.ts";
export { start } from "./start.ts";
export { update } from "./update.ts";
