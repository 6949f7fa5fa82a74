// Does dhow take this process for a living one? `node ask.ts PID` asks the function that `dhow down` waits by.
// Invariant: pid and start time are both read from /proc first, as dhow noted them when the process was well.
// Called by: lab.md beside it. Next on the way: src/linux/proc.ts.

import { readFileSync } from "node:fs";
import { isRunning } from "#linux";

const pid = Number(process.argv[2]);
const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
process.stdout.write(`state ${stat[stat.lastIndexOf(")") + 2]}: ${isRunning({ pid, startTime }) ? "is running" : "has ended"}\n`);
