// A thousand events about one object reach a work queue; four workers take keys out. Prints how often the loop had to look.
// Invariant: no clock, no sockets, no chance: the same numbers on every machine.
// Called by: lab.md beside it. Next on the way: src/client/workqueue.ts.

import { WorkQueue } from "#client";
import { macrotask, ManualClock } from "#lib";

const queue = new WorkQueue(new ManualClock());
const events = 1000;
let looks = 0;
let working = 0;
let most = 0;

async function worker(): Promise<void> {
  for (;;) {
    const key = await queue.get();
    if (key === undefined) return;
    working += 1;
    most = Math.max(most, working);
    looks += 1;
    // A look takes a while: the API answers in another turn of the event loop.
    await macrotask();
    working -= 1;
    queue.done(key);
  }
}

const workers = [worker(), worker(), worker(), worker()];
await macrotask();
const half = events / 2;
for (let event = 0; event < half; event++) queue.add("default/web");
// The first half found an idle worker; the second half comes while it looks.
await Promise.resolve();
for (let event = 0; event < half; event++) queue.add("default/web");
while (!queue.idle) await macrotask();
queue.close();
await Promise.all(workers);
process.stdout.write(`events ${events}\nlooks ${looks}\nworkers on the key at once ${most}\n`);
