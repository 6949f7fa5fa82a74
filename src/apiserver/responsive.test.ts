// A request never holds the event loop: whoever waits for a turn meanwhile gets it.
// Invariant: measured as a median and with a wide margin, for machines that are busy with other things.
// Called by: npm test; the catcher of a mutant that blocks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testServer } from "./testing.ts";

const mostMs = 100;

test("answering /version takes no long turn of the event loop", async () => {
  const server = await testServer();
  const tookMs: number[] = [];
  for (let time = 0; time < 5; time++) {
    const startMs = performance.now();
    await server.ask({ method: "GET", target: "/version" });
    tookMs.push(performance.now() - startMs);
  }
  await server.close();
  assert.ok(tookMs.toSorted((a, b) => a - b)[2]! < mostMs, `took ${tookMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
});
