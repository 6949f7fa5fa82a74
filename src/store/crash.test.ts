// Crashes at every point: what was acknowledged is there afterwards, what is there was asked for, and nothing else.
// Invariant: the recovered store is a prefix of what was proposed, at least as long as what was acknowledged.
// Called by: the test runner. The disk is wal/simulateddisk.ts, which drops, tears and reorders what was not synced.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { macrotask, ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import type { EventBatch, Store, TxnRequest } from "./contract.ts";
import { openStore } from "./open.ts";
import { revision } from "./revision.ts";
import { SimulatedDisk } from "./wal/simulateddisk.ts";

const limits = { segmentBytes: 3000, snapshotAfterBytes: 5000 };

interface Seen {
  readonly type: string;
  readonly key: string;
  readonly value: string;
}

/** What the test knows: every revision it was told of, and every write it has no answer for. */
interface Model {
  readonly acknowledged: Map<number, Seen>;
  readonly unanswered: Set<string>;
  compacted: number;
  compactAsked: number;
}

const textOf = ({ type, key, value }: Seen): string => `${type} ${key} ${value}`;

function open(disk: SimulatedDisk, prng: Prng): Promise<Store> {
  return openStore({ directory: "", disk, clock: new ManualClock(), prng, log: silentLog(), limits });
}

function watchAll(store: Store, from: number): { batches: EventBatch[]; close: () => void } {
  const batches: EventBatch[] = [];
  const watch = store.watch(
    { start: "", end: "\0", startRevision: revision(from) },
    { batch: (batch) => batches.push(batch), progress: () => undefined, closed: () => undefined },
  );
  return { batches, close: () => watch.close() };
}

interface Crash {
  come: boolean;
  readonly promise: Promise<undefined>;
}

function crashOf(disk: SimulatedDisk): Crash {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const crash: Crash = { come: false, promise };
  disk.onCrash = () => {
    crash.come = true;
    resolve(undefined);
  };
  return crash;
}

/** Writes in bursts until the disk crashes (or the rounds are over). */
async function work(store: Store, prng: Prng, model: Model, end: Crash): Promise<void> {
  for (let round = 0; round < 12 && !end.come; round++) {
    const answers: Promise<void>[] = [];
    for (let writes = prng.between(1, 6); writes > 0; writes--) {
      const key = `/k/${prng.between(0, 5)}`;
      const current = (await store.range({ start: key })).kvs[0];
      const value = `${prng.between(0, 1e9)}`.repeat(prng.between(1, 60));
      const remove = current !== undefined && prng.next() < 0.3;
      const operation: TxnRequest["operation"] = remove ? { type: "delete" } : { type: "put", value: Buffer.from(value) };
      const seen: Seen = { type: operation.type, key, value: remove ? "" : value };
      model.unanswered.add(textOf(seen));
      answers.push(
        store.txn({ key, expect: revision(current?.modRevision ?? 0), operation }).then((result) => {
          if (result.succeeded) model.acknowledged.set(result.revision, seen);
        }),
      );
    }
    if (prng.next() < 0.2) {
      const at = store.status().revision;
      if (at > model.compactAsked) {
        model.compactAsked = at;
        answers.push(store.compact(at).then(() => void (model.compacted = at)));
      }
    }
    await Promise.race([Promise.all(answers), end.promise]);
  }
  // A snapshot may still be on its way; give it some turns in which the crash can hit it.
  for (let turn = 0; turn < 20 && !end.come; turn++) await macrotask();
}

async function check(store: Store, model: Model, seed: string): Promise<void> {
  const { revision: newest, compactRevision } = store.status();
  ok(newest >= Math.max(1, ...model.acknowledged.keys()), `${seed}: an acknowledged revision is missing`);
  ok(compactRevision >= model.compacted && compactRevision <= model.compactAsked, `${seed}: compaction went back or ahead`);
  const from = Math.max(compactRevision, 2);
  const { batches, close } = watchAll(store, from);
  for (let turn = 0; turn < 3; turn++) await macrotask();
  close();
  deepStrictEqual(
    batches.map((batch) => batch.revision as number),
    Array.from({ length: newest - from + 1 }, (_, i) => from + i),
    seed,
  );
  for (const batch of batches) {
    const [event] = batch.events;
    const found = textOf({ type: event!.type, key: event!.kv.key, value: Buffer.from(event!.kv.value).toString() });
    const told = model.acknowledged.get(batch.revision);
    if (told) strictEqual(found, textOf(told), seed);
    else ok(model.unanswered.has(found), `${seed}: nobody wrote ${found}`);
    model.acknowledged.set(batch.revision, { type: event!.type, key: event!.kv.key, value: Buffer.from(event!.kv.value).toString() });
  }
  const state = new Map<string, string>();
  for (const [, seen] of [...model.acknowledged].sort((a, b) => a[0] - b[0])) {
    if (seen.type === "delete") state.delete(seen.key);
    else state.set(seen.key, seen.value);
  }
  const { kvs } = await store.range({ start: "", end: "\0" });
  const recovered = new Map(kvs.map((kv) => [kv.key, Buffer.from(kv.value).toString()]));
  deepStrictEqual(recovered, new Map([...state].sort((a, b) => (a[0] < b[0] ? -1 : 1))), seed);
}

/** One history: several lives of one disk, each ended by a crash, one of them perhaps while it recovers. */
async function live(seed: number, crashAt: number): Promise<void> {
  const prng = seededPrng(seed);
  const model: Model = { acknowledged: new Map(), unanswered: new Set(), compacted: 0, compactAsked: 0 };
  let disk = new SimulatedDisk();
  for (let life = 0; life < 4; life++) {
    const name = `seed ${seed}, crash at ${crashAt}, life ${life}`;
    const end = crashOf(disk);
    disk.crashAt = life === 3 ? Number.POSITIVE_INFINITY : life === 0 ? crashAt : prng.between(0, 60);
    const store = await Promise.race([open(disk, prng), end.promise]);
    if (store && !end.come) {
      await check(store, model, name);
      await work(store, prng, model, end);
    }
    disk = disk.afterCrash(prng);
  }
  const store = await open(disk, prng);
  await check(store, model, `seed ${seed}, crash at ${crashAt}, the end`);
  await store.close();
}

// In parts: each is bounded by the runner, also on a machine that has little time for it.
for (let from = 0; from < 160; from += 20) {
  test(`nothing acknowledged is lost, wherever the crash comes, from call ${from} on`, async () => {
    for (let crashAt = from; crashAt < from + 20; crashAt++) await live(1, crashAt);
  });
}

for (let from = 2; from < 150; from += 20) {
  test(`nothing acknowledged is lost over many random histories, from seed ${from} on`, async () => {
    for (let seed = from; seed < Math.min(from + 20, 150); seed++) await live(seed, seededPrng(seed).between(0, 200));
  });
}
