// A Node that adopts: what is orphaned below it becomes its child, as if it were process 1 of a container.
// Invariant: it does what any Node does as process 1, no more and no less: it waits for the children it has started itself.
// Called by: orphans.sh, when lab.md asks for it. Next on the way: src/image/pause.ts, a process 1 that buries everybody.

import { spawn } from "node:child_process";
import { openSyscalls } from "#linux";

openSyscalls().setChildSubreaper();
const [program = "true", ...rest] = process.argv.slice(2);
spawn(program, rest, { stdio: "inherit" });
// Stays, as a server would.
setInterval(() => undefined, 2 ** 30);
