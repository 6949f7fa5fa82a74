// How fast the store writes, reads and starts: 1 KiB puts by 1, 64 and 1,000 writers, each acknowledged after fdatasync.
// Invariant: one line of JSON a measurement, with CPU and loop delay beside the rate, so that runs can be paired and divided.
// Called by: hand, `sh bin/node bench/store.ts [seconds]`. Next on the way: src/store/replica.ts.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { silentLog, systemClock, systemPrng } from "#lib";
import { openStore, revision, type Store } from "#store";

const seconds = Number(process.argv[2] ?? 2);
const clock = systemClock();
const value = Buffer.alloc(1024, "v");

function percentile(sorted: readonly number[], part: number): number {
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(3));
}

async function measure(name: string, writers: number, once: (writer: number, turn: number) => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startMs = clock.monotonicMs();
  const untilMs = startMs + seconds * 1000;
  const loop = async (writer: number): Promise<void> => {
    for (let turn = 0; clock.monotonicMs() < untilMs; turn++) {
      const beganMs = clock.monotonicMs();
      await once(writer, turn);
      latencies.push(clock.monotonicMs() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => loop(writer)));
  const tookMs = clock.monotonicMs() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  latencies.sort((a, b) => a - b);
  const line = {
    name,
    writers,
    perSecond: Math.round((latencies.length / tookMs) * 1000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuMicros: Number(((user + system) / latencies.length).toFixed(1)),
    loopDelayP99Ms: Number((delay.percentile(99) / 1e6).toFixed(1)),
  };
  console.log(JSON.stringify(line));
}

async function timedOpen(directory: string, name: string): Promise<Store> {
  const beganMs = clock.monotonicMs();
  const store = await openStore({ directory, clock, prng: systemPrng(), log: silentLog() });
  const bytes = readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
  console.log(JSON.stringify({ name, ms: Math.round(clock.monotonicMs() - beganMs), keys: store.status().keys, bytesOnDisk: bytes }));
  return store;
}

const directory = mkdtempSync(join(tmpdir(), "dhow-bench-"));
try {
  let store = await timedOpen(directory, "open empty");
  for (const writers of [1, 64, 1000]) {
    await measure("put 1 KiB", writers, (writer, turn) =>
      store.txn({ key: `/bench/${writers}/${writer}/${turn}`, expect: revision(0), operation: { type: "put", value } }),
    );
    await store.compact(store.status().revision);
  }
  await measure("get", 64, (writer, turn) => store.range({ start: `/bench/64/${writer}/${turn % 10}` }));
  const rssMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(JSON.stringify({ name: "memory", rssMiB, keys: store.status().keys, valueMiB: Math.round(store.status().bytes / 2 ** 20) }));
  await store.close();
  store = await timedOpen(directory, "open again");
  await store.close();
} finally {
  rmSync(directory, { recursive: true });
}
