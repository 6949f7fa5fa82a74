// A fast producer, a slow consumer, and the queue between them: what happens at its bound, and what without one.
// Invariant: each event is 10 KB of its own, so that whoever keeps it pays for it.
// Called by: lab.md beside it. Next on the way: src/lib/queue.ts, then src/apiserver/cache/watcher.ts, which hangs up at the bound.

import { BoundedQueue, macrotask } from "#lib";

const events = 30_000;
const bytes = 10_240;
const limit = 1000;

let queue = new BoundedQueue<Buffer>(limit);
let hungUp = 0;
let mostWaiting = 0;
const startBytes = process.memoryUsage().rss;
let mostBytes = 0;

for (let event = 0; event < events; event++) {
  if (!queue.push(Buffer.alloc(bytes, event % 251))) {
    // At the bound the watch ends. The client comes back, says which revision it has seen, and starts anew from there.
    queue.end();
    queue = new BoundedQueue(limit);
    hungUp += 1;
  }
  mostWaiting = Math.max(mostWaiting, queue.length);
  // The client reads nothing at all; the event loop turns meanwhile, as it would between writes.
  if (event % 100 === 0) {
    await macrotask();
    mostBytes = Math.max(mostBytes, process.memoryUsage().rss - startBytes);
  }
}
const megabytes = mostBytes / 2 ** 20;
process.stdout.write(`events ${events} of 10 KB\n`);
process.stdout.write(`hung up on the slow watcher ${hungUp} times\n`);
process.stdout.write(`most events waiting ${mostWaiting}\n`);
process.stdout.write(`memory grew by ${megabytes < 200 ? "less than 200 MB" : "more than 200 MB"}\n`);
