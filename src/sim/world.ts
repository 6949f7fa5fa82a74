// A whole cluster whose time is a number: control plane and simulated nodes in one process and in memory, reached by kubectl over a port.
// Invariant: every part has the virtual clock and chance from one seed; only sockets, TLS and callers from outside keep the machine's time.
// Called by: cmd/part.ts. Next on the way: driver.ts, which moves the time; compose/served-memory-cluster.ts, which is the cluster.

import { type MemoryCluster, type PartContext, type RunningPart, servedMemoryCluster } from "#compose";
import { assert, type Clock, type Log, seededPrng } from "#lib";
import { VirtualClock } from "./clock.ts";
import { serveControl } from "./control.ts";
import { answeringInTime } from "./door.ts";
import { Driver } from "./driver.ts";

/** The world begins this long before its first hour, so that everything is in its place when the hour strikes. */
const bootMs = 10_000;
/** What ends with a delay gets that much time, once nobody is left to move it. */
const endMs = 60_000;

export class BootFailed extends Error {
  override name = "BootFailed";
}

async function boot(driver: Driver, building: Promise<MemoryCluster>): Promise<MemoryCluster> {
  let state: "building" | "done" | "failed" = "building";
  building.then(
    () => (state = "done"),
    () => (state = "failed"),
  );
  const failed = (): boolean => state === "failed";
  await driver.step(bootMs, failed);
  if (state === "building") throw new BootFailed(`not up after ${bootMs / 1000} s of the cluster's time`);
  return building;
}

/** `logOn`: the part's log file, written at another clock's times. */
export async function startSimulation(context: PartContext, logOn: (clock: Clock) => Log): Promise<RunningPart> {
  const { virtual } = context.settings;
  assert(virtual, "the settings of a simulation say when it begins");
  const { clock: real, paths } = context;
  const clock = new VirtualClock(virtual.startMs - bootMs);
  const log = logOn(clock);
  const driver = new Driver(clock, real, (error) => log.error("time does not flow any more", { error }));
  const prng = seededPrng(virtual.seed);
  const served = await servedMemoryCluster({ context, clock, prng, log, around: (handler) => answeringInTime(handler, real) });
  const { nodes } = await boot(driver, served.cluster);
  const control = await serveControl(paths.clock, driver, nodes);
  return {
    facts: { port: served.port },
    async stop() {
      control.close();
      await driver.pause();
      let closed = false;
      const closing = served.close().finally(() => (closed = true));
      await driver.step(endMs, () => closed);
      await closing;
    },
  };
}
