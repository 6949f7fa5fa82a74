// Tests of the gate: who is let in when, who is sent away.
// Invariant: one-line stories; a request is a letter of its user and a number.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiError } from "#api";
import { Gate } from "./gate.ts";

const never = (): boolean => false;

function story(limits: { inFlight: number; waitingPerUser: number; waiting: number }) {
  const gate = new Gate(limits, () => Promise.resolve());
  const seen: string[] = [];
  const come = (who: string, left = never): void => {
    gate.enter(who[0]!, left).then(
      () => seen.push(who),
      (error: unknown) => seen.push(`${who} ${(error as ApiError).status.code}`),
    );
  };
  return { gate, seen, come };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("users take turns, however long one's line is", async () => {
  const { gate, seen, come } = story({ inFlight: 1, waitingPerUser: 10, waiting: 10 });
  for (const who of ["a1", "a2", "a3", "a4", "b1", "c1", "b2"]) come(who);
  for (let index = 0; index < 7; index++) {
    await settled();
    gate.leave();
  }
  assert.deepEqual(seen, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});

test("a line and the room have bounds: beyond them it is 429", async () => {
  const { seen, come } = story({ inFlight: 1, waitingPerUser: 2, waiting: 3 });
  for (const who of ["a1", "a2", "a3", "a4", "b1", "c1"]) come(who);
  await settled();
  assert.deepEqual(seen, ["a1", "a4 429", "c1 429"]);
});

test("who has left is passed over", async () => {
  const { gate, seen, come } = story({ inFlight: 1, waitingPerUser: 9, waiting: 9 });
  come("a1");
  come("b1", () => true);
  come("b2");
  await settled();
  gate.leave();
  await settled();
  assert.deepEqual(seen, ["a1", "b2"]);
});
