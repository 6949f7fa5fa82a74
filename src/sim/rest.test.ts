// When a world is at rest: after every promise, every tick and every immediate, and not a moment before.
// Invariant: sockets and the machine's timers do not count.
// Called by: npm test.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Pacer } from "#lib";
import { VirtualClock } from "./clock.ts";
import { Resting, Restless, restLimits } from "./rest.ts";

const atRest = (limits = restLimits, realMs = () => performance.now()): Resting => new Resting(realMs, limits);

async function ticks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise<void>((resolve) => process.nextTick(resolve));
}

test("rest comes after chains of promises, ticks and immediates, however they are mixed", async () => {
  const done: string[] = [];
  const chain = async (name: string, links: number): Promise<void> => {
    for (let left = links; left > 0; left--) {
      await ticks(3);
      await Promise.resolve();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    done.push(name);
  };
  void chain("long", 40);
  void chain("short", 3);
  void ticks(500).then(() => done.push("ticks"));
  await atRest().rest();
  assert.deepEqual(done, ["ticks", "short", "long"]);
});

test("rest comes after requests in process, which are handed over a macrotask at a time", async () => {
  const pacer = new Pacer(new VirtualClock(0), 0);
  let handled = 0;
  for (let request = 0; request < 20; request++)
    void pacer.turn().then(async () => {
      await pacer.turn();
      handled += 1;
    });
  await atRest().rest();
  assert.equal(handled, 20);
});

test("two who wait come to rest together", async () => {
  const resting = atRest();
  await Promise.all([resting.rest(), resting.rest(), new Promise((resolve) => setImmediate(resolve)).then(() => resting.rest())]);
});

test("an open socket and a timer of the machine keep nobody from rest", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const timer = setTimeout(() => undefined, 60_000);
  try {
    await atRest().rest();
  } finally {
    clearTimeout(timer);
    await new Promise((resolve) => server.close(resolve));
  }
});

test("what never comes to rest is an error, by turns and by the machine's time", async () => {
  let stop = false;
  const spin = (): void => {
    if (!stop) setImmediate(spin);
  };
  spin();
  await assert.rejects(atRest({ ...restLimits, turns: 100 }).rest(), Restless);
  let nowMs = 0;
  await assert.rejects(atRest(restLimits, () => (nowMs += 20_000)).rest(), /not at rest after \d+ turns/);
  stop = true;
  await atRest().rest();
});
