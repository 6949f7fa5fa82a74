// A small cluster in virtual time for tests: no port, no file, an admin's client, and every write told in order.
// Invariant: equal seeds and equal steps give equal stories, to the byte.
// Called by: tests of this layer. Next on the way: compose/memory-cluster.ts.

import { crc32 } from "node:zlib";
import { type MemoryCluster, memoryCluster } from "#compose";
import { seededPrng, silentLog, SpanRing, systemClock } from "#lib";
import { revision } from "#store";
import { createCa, createSigningKey } from "#wire";
import { VirtualClock } from "./clock.ts";
import { Driver } from "./driver.ts";

export interface TestWorld {
  readonly clock: VirtualClock;
  readonly driver: Driver;
  readonly cluster: MemoryCluster;
  readonly admin: ReturnType<MemoryCluster["clientFor"]>;
  /** `+12.3s put /registry/pods/default/web-x7k2p 9f0c1a2b`: when, what was written, and a sum over its bytes. */
  readonly story: readonly string[];
  step(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface Keys {
  readonly serviceAccountKey: string;
  readonly ca: string;
}

export async function testKeys(): Promise<Keys> {
  return { serviceAccountKey: await createSigningKey(), ca: (await createCa("test")).cert };
}

export const nineOClock = Date.UTC(2026, 0, 5, 9);
const bootMs = 10_000;

export async function testWorld(keys: Keys, seed: number, nodes: readonly string[] = ["a", "b", "c"]): Promise<TestWorld> {
  const clock = new VirtualClock(nineOClock - bootMs);
  const driver = new Driver(clock, systemClock(), (error) => {
    throw error;
  });
  const story: string[] = [];
  const made = memoryCluster({ clock, prng: seededPrng(seed), log: silentLog(), spans: new SpanRing(10), ...keys, nodes });
  await driver.step(bootMs);
  const cluster = await made;
  const watch = cluster.store.watch(
    { start: "/registry/", end: "/registry0", startRevision: revision(1) },
    {
      batch({ events }) {
        const at = `+${((clock.nowMs() - nineOClock) / 1000).toFixed(1)}s`;
        for (const { type, kv } of events) story.push(`${at} ${type} ${kv.key} ${crc32(kv.value).toString(16)}`);
      },
      progress: () => undefined,
      closed: () => undefined,
    },
  );
  const admin = cluster.clientFor("admin", ["system:masters"]);
  return {
    clock,
    driver,
    cluster,
    admin,
    story,
    step: async (ms) => void (await driver.step(ms)),
    async close() {
      watch.close();
      const closing = cluster.close();
      await driver.step(60_000);
      await closing;
    },
  };
}
