// Keeps three workers (plain `sleep` processes) alive. `edge`: one SIGCHLD, one new worker. `level`: one SIGCHLD, one look at all.
// Invariant: both versions hear exactly the same signals; only what they make of them differs.
// Called by: start.sh beside it. Next on the way: src/lib/keep.ts, the plan of the level version.

import { type ChildProcess, spawn } from "node:child_process";
import { plan } from "#lib";

const desired = 3;
const mode = process.argv[2] ?? "level";
let workers: ChildProcess[] = [];

const start = (): void => void workers.push(spawn("sleep", ["1000"], { stdio: "ignore" }));
const isAlive = (worker: ChildProcess): boolean => worker.exitCode === null && worker.signalCode === null;

function look(): void {
  workers = workers.filter(isAlive);
  const steps = plan(desired, workers);
  for (const worker of steps.stop) worker.kill();
  for (let missing = steps.start; missing > 0; missing--) start();
}

process.on("SIGTERM", () => {
  for (const worker of workers) worker.kill();
  process.exit(0);
});
process.on("SIGCHLD", () => {
  if (mode === "edge") start();
  // Node learns who died in this very turn of its event loop; the look comes right after.
  else setImmediate(look);
});
if (mode === "edge") for (let worker = 0; worker < desired; worker++) start();
else look();
process.stdout.write(`keeper ${process.pid} keeps ${workers.length} workers\n`);
