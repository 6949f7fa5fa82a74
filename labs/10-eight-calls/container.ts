// Becomes a container: `node container.ts ROOTFS PROGRAM …`, as process 1 of a new pid namespace.
// Invariant: what is Node's own habit is taken back here, so that eight.ts is about containers alone.
// Called by: run.sh. Next on the way: eight.ts.

import { openSyscalls } from "#linux";
import { enter } from "./eight.ts";

const [rootfs = "", ...program] = process.argv.slice(2);
const kernel = openSyscalls();
// Node closes even these three when it becomes something else.
for (const fd of [0, 1, 2]) kernel.keepOnExec(fd);
enter(kernel, rootfs, program);
