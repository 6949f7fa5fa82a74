// Steps, flows and pauses: who moves the time, how far, and what is refused.
// Invariant: the machine's clock is a ManualClock here, so that a flow is as exact as a step.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#lib";
import { VirtualClock } from "./clock.ts";
import { ClockRefusal, Driver, driverLimits } from "./driver.ts";

function world(limits = driverLimits): { clock: VirtualClock; real: ManualClock; driver: Driver; failures: unknown[] } {
  const [clock, real, failures] = [new VirtualClock(0), new ManualClock(0), [] as unknown[]];
  return { clock, real, failures, driver: new Driver(clock, real, (error) => failures.push(error), limits) };
}

/** As often as the mover itself waits in these small worlds, and more. */
async function settle(driver: Driver): Promise<void> {
  for (let times = 0; times < 30; times++) await driver.settled();
}

test("a step ends exactly at its end, and what a timer sets off is done before the next one fires", async () => {
  const { clock, driver } = world();
  const seen: string[] = [];
  const work = async (name: string): Promise<void> => {
    for (let link = 0; link < 5; link++) await new Promise<void>((resolve) => setImmediate(resolve));
    seen.push(`${name} done at ${clock.nowMs()}`);
    if (name === "a") clock.after(7, () => void work("from a"));
  };
  clock.after(10, () => void work("a"));
  clock.after(10, () => void work("b"));
  clock.after(17, () => void work("c"));
  clock.after(31, () => void work("beyond"));
  const moved = await driver.step(30);
  assert.deepEqual(seen, ["a done at 10", "b done at 10", "c done at 17", "from a done at 17"]);
  assert.deepEqual([moved.fromMs, moved.toMs, moved.fired, moved.short], [0, 30, 4, false]);
  assert.deepEqual(driver.view(), { nowMs: 30, sinceStartMs: 30, state: "paused", waiting: 1, nextInMs: 1, fired: 4 });
});

test("a timer that sets itself again fires as often as there is time for", async () => {
  const { clock, driver } = world();
  let fired = 0;
  const again = (): void => {
    fired += 1;
    clock.after(1000, again);
  };
  clock.after(1000, again);
  await driver.step(3_600_000);
  assert.equal(fired, 3600);
});

test("a step ends early when enough has happened, at the moment it happened", async () => {
  const { clock, driver } = world();
  let enough = false;
  clock.after(40, () => (enough = true));
  const moved = await driver.step(100, () => enough);
  assert.deepEqual([moved.toMs, moved.short], [40, true]);
});

test("a loop without a delay is refused by name, not followed for ever", async () => {
  const { clock, driver } = world({ ...driverLimits, sameMoment: 50 });
  const spin = (): void => void clock.after(0, spin);
  clock.after(5, spin);
  await assert.rejects(driver.step(10), /50 timers fired at 1970-01-01T00:00:00.005Z/);
  assert.equal(driver.view().state, "paused");
});

test("time flows at its rate by the machine's clock, whole milliseconds at a time", async () => {
  const { clock, real, driver } = world();
  const fired: number[] = [];
  for (const ms of [50, 199, 250]) clock.after(ms, () => fired.push(clock.nowMs()));
  driver.run(2.5);
  await settle(driver);
  for (let tick = 0; tick < 4; tick++) {
    real.advance(driverLimits.tickMs);
    await settle(driver);
  }
  assert.equal(clock.nowMs(), 200);
  assert.deepEqual(fired, [50, 199]);
  assert.deepEqual([driver.view().state, driver.view().rate], ["running", 2.5]);
  await driver.pause();
  real.advance(10_000);
  await settle(driver);
  assert.equal(clock.nowMs(), 200);
});

test("another rate takes over; a machine that slept does not make time jump", async () => {
  const { clock, real, driver } = world();
  driver.run(1);
  await settle(driver);
  driver.run(100);
  await settle(driver);
  real.advance(driverLimits.tickMs);
  await settle(driver);
  const before = clock.nowMs();
  real.advance(3_600_000);
  await settle(driver);
  assert.ok(clock.nowMs() - before <= driverLimits.tickMs * 10 * 100, `moved by ${clock.nowMs() - before}`);
  await driver.pause();
});

test("one mover at a time, and only forwards", async () => {
  const { clock, driver } = world();
  await assert.rejects(driver.step(-1), ClockRefusal);
  await assert.rejects(driver.step(Number.NaN), ClockRefusal);
  assert.throws(() => driver.run(0), ClockRefusal);
  clock.after(10, () => undefined);
  const step = driver.step(20);
  await assert.rejects(driver.step(1), /another step/);
  assert.throws(() => driver.run(1), /a step is being taken/);
  await step;
  driver.run(1);
  await assert.rejects(driver.step(1), /time flows already, at ×1; pause it first/);
  await driver.pause();
  await driver.step(1);
  assert.equal(clock.nowMs(), 21);
});

test("a pause stops a step between two timers", async () => {
  const { clock, driver } = world();
  let paused: Promise<void> | undefined;
  for (let at = 1; at <= 100; at++)
    clock.after(at, () => {
      if (at === 30) paused = driver.pause();
    });
  const moved = await driver.step(100);
  await paused;
  assert.deepEqual([moved.toMs, moved.short], [30, true]);
});

test("a flow that cannot go on says so, and time stands still", async () => {
  const { clock, real, driver, failures } = world({ ...driverLimits, sameMoment: 5 });
  const spin = (): void => void clock.after(0, spin);
  clock.after(1, spin);
  driver.run(1);
  await settle(driver);
  real.advance(driverLimits.tickMs);
  await settle(driver);
  assert.match(String(failures[0]), /there are still more/);
  assert.equal(driver.view().state, "paused");
});
