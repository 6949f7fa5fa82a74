// Events that fall together: one name each, however many tell of one object in one moment.
// Invariant: time stands still here, so nothing but the correlator can tell events apart.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { Correlator, type Occurrence } from "./correlate.ts";

const clock = new ManualClock();
const told = (component: string, host: string | undefined, reason: string, message = "m"): Occurrence => ({
  involved: { kind: "Pod", apiVersion: "v1", namespace: "n", name: "p", uid: "u" },
  type: "Normal",
  reason,
  message,
  component,
  atMs: clock.nowMs(),
  ...(host === undefined ? {} : { host }),
});

test("in one millisecond each event has a name of its own, also where two components tell of one object", () => {
  const [scheduler, kubelet] = [new Correlator(clock), new Correlator(clock)];
  const names = [
    scheduler.correlate(told("default-scheduler", undefined, "Scheduled")),
    kubelet.correlate(told("kubelet", "a", "Pulled")),
    kubelet.correlate(told("kubelet", "a", "Created")),
    kubelet.correlate(told("kubelet", "a", "Started")),
  ].map((one) => one?.event.metadata.name);
  assert.equal(new Set(names).size, 4, names.join(" "));
  for (const name of names) assert.match(name ?? "", /^p\.[0-9a-f]{16}$/);
});

test("the same event again is a count under the same name", () => {
  const correlator = new Correlator(clock);
  const first = correlator.correlate(told("kubelet", "a", "BackOff"));
  const again = correlator.correlate(told("kubelet", "a", "BackOff"));
  assert.equal(again?.event.metadata.name, first?.event.metadata.name);
  assert.equal(first?.patch, undefined);
  assert.equal((again?.patch as { count: number } | undefined)?.count, 2);
});
