// Properties against a naive model: any commands, then every range at every revision, and watches from everywhere.
// Invariant: the store answers as a model that keeps a full copy of the map for each revision.
// Called by: the test runner, in memory and over restarts with snapshots. Next on the way: mvcc/state.ts.

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import type { Store } from "./contract.ts";
import { memoryStore } from "./memory.ts";
import { openStore } from "./open.ts";
import { revision } from "./revision.ts";
import { SimulatedDisk } from "./wal/simulateddisk.ts";
import { Segments } from "./watch/segments.ts";

type Step =
  | { readonly type: "put"; readonly key: string; readonly value: string; readonly right: boolean }
  | { readonly type: "delete"; readonly key: string; readonly right: boolean }
  | { readonly type: "compact"; readonly back: number }
  | { readonly type: "restart" };

const keys = ["/a", "/a/1", "/a/2", "/a0", "/b", "\u00ff", "__proto__"];
const key = fc.constantFrom(...keys);
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ type: fc.constant("put" as const), key, value: fc.string({ maxLength: 5 }), right: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("delete" as const), key, right: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("compact" as const), back: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
  ),
  { maxLength: 40 },
);
const bound = fc.constantFrom("", "/", "/a", "/a/", "/a0", "/b", "0", "\0");

interface Kept {
  readonly value: string;
  readonly mod: number;
  readonly create: number;
  readonly version: number;
}

/** The map at each revision, whole. */
class Model {
  readonly at: Map<string, Kept>[] = [new Map(), new Map()];
  readonly changed: string[] = ["", ""];
  compacted = 0;

  get revision(): number {
    return this.at.length - 1;
  }

  write(name: string, value: string | undefined): void {
    const next = new Map(this.at.at(-1));
    const old = next.get(name);
    const mod = this.revision + 1;
    if (value === undefined) next.delete(name);
    else next.set(name, { value, mod, create: old?.create ?? mod, version: (old?.version ?? 0) + 1 });
    this.at.push(next);
    this.changed.push(name);
  }

  range(start: string, end: string, at: number): [string, Kept][] {
    const inside = [...this.at[at]!].filter(([name]) => name >= start && (end === "\0" || name < end));
    return inside.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

async function follow(model: Model, store: Store, step: Exclude<Step, { type: "restart" }>): Promise<void> {
  if (step.type === "compact") {
    const at = model.revision - step.back;
    if (at <= model.compacted || at < 1) return;
    await store.compact(revision(at));
    model.compacted = at;
    return;
  }
  const current = model.at.at(-1)!.get(step.key);
  const expect = revision(step.right ? (current?.mod ?? 0) : (current?.mod ?? 0) + 1);
  const operation = step.type === "put" ? { type: "put" as const, value: Buffer.from(step.value) } : { type: "delete" as const };
  const result = await store.txn({ key: step.key, expect, operation });
  const changes = step.right && (step.type === "put" || current !== undefined);
  if (changes) model.write(step.key, step.type === "put" ? step.value : undefined);
  deepStrictEqual([result.succeeded, result.revision], [step.right, model.revision]);
}

async function compare(model: Model, store: Store, start: string, end: string): Promise<void> {
  for (let at = Math.max(model.compacted, 1); at <= model.revision; at++) {
    const want = model.range(start, end, at);
    const { kvs, count, more } = await store.range({ start, end, revision: revision(at), limit: 2 });
    const got = kvs.map((kv) => [kv.key, Buffer.from(kv.value).toString(), kv.modRevision, kv.createRevision, kv.version]);
    deepStrictEqual(
      got,
      want.slice(0, 2).map(([name, kept]) => [name, kept.value, kept.mod, kept.create, kept.version]),
    );
    deepStrictEqual([count, more], [want.length, want.length > 2]);
  }
  for (let from = Math.max(model.compacted, 2); from <= model.revision; from++) {
    const seen: string[] = [];
    const { promise: progress, resolve: delivered } = Promise.withResolvers<void>();
    const watch = store.watch(
      { start, end, startRevision: revision(from) },
      {
        batch: ({ revision: at, events }) => void seen.push(...events.map((e) => `${at} ${e.type} ${e.kv.key} ${e.previous?.modRevision}`)),
        progress: () => delivered(),
        closed: () => undefined,
      },
    );
    watch.requestProgress();
    await progress;
    watch.close();
    const want = model.changed
      .map((name, at) => ({ name, at, now: model.at[at]!.get(name), was: model.at[at - 1]?.get(name) }))
      .filter(({ name, at }) => at >= from && name >= start && (end === "\0" || name < end))
      .map(({ name, at, now, was }) => `${at} ${now ? "put" : "delete"} ${name} ${was?.mod}`);
    deepStrictEqual(seen, want);
  }
}

/** Each look at it costs time, so that everything that works in slices is cut as often as can be. */
class HurriedClock extends ManualClock {
  #looks = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + 1.2 * this.#looks++;
  }
}

for (const [name, makeClock] of [
  ["at leisure", () => new ManualClock()],
  ["cut into the smallest slices", () => new HurriedClock()],
] as const) {
  test(`a store in memory answers as the model, ${name}`, async () => {
    const property = fc.asyncProperty(steps, bound, bound, async (all, start, end) => {
      const store = memoryStore({ clock: makeClock(), prng: seededPrng(1) });
      const model = new Model();
      for (const step of all) if (step.type !== "restart") await follow(model, store, step);
      await compare(model, store, start, end);
      await store.close();
    });
    await fc.assert(property, { numRuns: 150, seed: 1 });
  });
}

test("long ranges and slow fan-out stay true while writers and compaction go on", async () => {
  const store = memoryStore({ clock: new HurriedClock(), prng: seededPrng(1) });
  const put = (name: string, expect: number): ReturnType<Store["txn"]> =>
    store.txn({ key: name, expect: revision(expect), operation: { type: "put", value: Buffer.from(name) } });
  const revisions: number[] = [];
  let progressed = (): void => undefined;
  const watch = store.watch(
    { start: "/k/", end: "/k0", startRevision: revision(1) },
    { batch: (batch) => void revisions.push(batch.revision), progress: () => progressed(), closed: () => undefined },
  );
  const count = 5000;
  // The first written is the last in order: what compaction frees first is what the long range reads last.
  const nameOf = (i: number): string => `/k/${9999 - i}`;
  await Promise.all(Array.from({ length: count }, (_, i) => put(nameOf(i), 0)));
  const before = store.range({ start: "/k/", end: "/k0" });
  for (let i = 0; i < 500; i++) {
    await store.txn({ key: nameOf(i), expect: revision(i + 2), operation: { type: "delete" } });
    if (i % 100 === 99) await store.compact(store.status().revision);
  }
  deepStrictEqual([(await before).count, (await before).kvs.length, (await before).revision], [count, count, count + 1]);
  deepStrictEqual((await store.range({ start: "/k/", end: "/k0", countOnly: true })).count, count - 500);
  await new Promise<void>((resolve) => {
    progressed = resolve;
    watch.requestProgress();
  });
  deepStrictEqual(
    revisions,
    Array.from({ length: count + 500 }, (_, i) => i + 2),
  );
  await store.close();
});

test("a store on disk answers as the model, through restarts from snapshots", async () => {
  const property = fc.asyncProperty(steps, bound, bound, async (all, start, end) => {
    let disk = new SimulatedDisk();
    const limits = { segmentBytes: 300, snapshotAfterBytes: 500 };
    const open = (): Promise<Store> =>
      openStore({ directory: "", disk, clock: new ManualClock(), prng: seededPrng(1), log: silentLog(), limits });
    let store = await open();
    const model = new Model();
    for (const step of [...all, { type: "restart" } as const]) {
      if (step.type !== "restart") await follow(model, store, step);
      else {
        for (let turn = 0; turn < 10; turn++) await macrotask();
        await store.close();
        disk = new SimulatedDisk(disk.files());
        store = await open();
      }
    }
    await compare(model, store, start, end);
    await store.close();
  });
  await fc.assert(property, { numRuns: 100, seed: 2 });
});

test("segments find exactly the ranges that hold a key", () => {
  const range = fc.record({ start: bound, end: fc.option(bound, { nil: undefined }) });
  const property = fc.property(fc.array(range, { maxLength: 12 }), fc.array(fc.nat(11)), (ranges, removed) => {
    const members = ranges.map(({ start, end }) => ({ range: end === undefined ? { start } : { start, end } }));
    const segments = new Segments<(typeof members)[number]>();
    for (const member of members) segments.add(member);
    const gone = new Set(removed.map((index) => members[index]));
    for (const member of members) if (gone.has(member)) segments.delete(member);
    for (const name of keys) {
      const want = members.filter((member) => {
        const { start, end } = member.range;
        return !gone.has(member) && (end === undefined ? name === start : name >= start && (end === "\0" || name < end));
      });
      deepStrictEqual(new Set(segments.find(name)), new Set(want));
    }
  });
  fc.assert(property, { numRuns: 300, seed: 3 });
});
