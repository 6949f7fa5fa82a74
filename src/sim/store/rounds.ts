// One store, one disk, and a thousand crashes: writers work, the power goes at some call to the disk, and the next life must find what was acknowledged.
// Invariant: what is found after a crash is all that was acknowledged, in its order, and else only what was under way when the power went.
// Called by: tools/sim.ts (`--disk`), tests. The real store as on a machine; its disk drops, tears and reorders what was not synced. Next on the way: store/open.ts.

import { macrotask, ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import { type EventBatch, openStore, revision, SimulatedDisk, type Store } from "#store/parts";
import { Violation } from "../checks/violation.ts";

export interface Rounds {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Under way when the power went: found afterwards, or gone. Both are fine. */
  readonly found: number;
  readonly gone: number;
  /** Crashes while the store was still reading its disk. */
  readonly whileOpening: number;
  readonly compactions: number;
  readonly revision: number;
}

const limits = { segmentBytes: 6000, snapshotAfterBytes: 12_000 };
const writers = 6;
const mostTurns = 10_000;

interface Power {
  readonly gone: Promise<undefined>;
  isGone: boolean;
}

function powerOf(disk: SimulatedDisk): Power {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const power: Power = { gone: promise, isGone: false };
  disk.onCrash = () => {
    power.isGone = true;
    resolve(undefined);
  };
  return power;
}

const textOf = ({ revision: at, events }: EventBatch): string =>
  `${at} ${events.map(({ type, kv }) => `${type} ${kv.key} ${Buffer.from(kv.value).toString()}`).join(", ")}`;

class Crashes {
  readonly #prng: Prng;
  #disk = new SimulatedDisk();
  /** As the store must be: by key. */
  readonly #state = new Map<string, { value: string; at: number }>();
  #checked = 1;
  /** By revision, since the last look: `put key value`. */
  #acknowledged = new Map<number, string>();
  #underWay = new Set<string>();
  #writes = 0;
  #compacted = 0;
  readonly sums = { rounds: 0, acknowledged: 0, found: 0, gone: 0, whileOpening: 0, compactions: 0, revision: 1 };

  constructor(seed: number) {
    this.#prng = seededPrng(seed);
  }

  /** One life, from a start to the power's end. */
  async round(): Promise<void> {
    const opens = this.#prng.next() < 0.15;
    this.#disk.crashAt = this.#prng.between(0, opens ? 8 : 250);
    const power = powerOf(this.#disk);
    const store = await Promise.race([this.#open(), power.gone]);
    if (store && !power.isGone) {
      await this.#look(store);
      await Promise.race([this.#work(store, power), power.gone]);
    } else this.sums.whileOpening += 1;
    this.#disk = this.#disk.afterCrash(this.#prng);
    this.sums.rounds += 1;
  }

  async end(): Promise<void> {
    const store = await this.#open();
    await this.#look(store);
    await store.close();
  }

  #open(): Promise<Store> {
    return openStore({ directory: "", disk: this.#disk, clock: new ManualClock(), prng: this.#prng, log: silentLog(), limits });
  }

  /** Everything since the last look, as a watch from there tells it; and then the state. */
  async #look(store: Store): Promise<void> {
    const newest = store.status().revision;
    this.sums.revision = newest;
    for (const batch of await this.#history(store, newest)) this.#take(batch);
    const lost = [...this.#acknowledged].map(([at, what]) => `${at} ${what}`);
    if (lost.length > 0) throw new Violation("Durability", `acknowledged, and lost in a crash: ${lost.join("; ")}`);
    this.sums.gone += this.#underWay.size;
    this.#underWay.clear();
    const { kvs } = await store.range({ start: "", end: "\0" });
    const there = kvs.map((kv) => `${kv.key} ${kv.modRevision} ${Buffer.from(kv.value).toString()}`).join("\n");
    const wanted = [...this.#state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value, at }]) => `${key} ${at} ${value}`);
    if (there !== wanted.join("\n")) throw new Violation("Durability", `the keys are\n${there}\nand should be\n${wanted.join("\n")}`);
  }

  async #history(store: Store, newest: number): Promise<readonly EventBatch[]> {
    const batches: EventBatch[] = [];
    let ended: Error | undefined;
    const request = { start: "", end: "\0", startRevision: revision(this.#checked + 1) };
    const watch = store.watch(request, {
      batch: (batch) => batches.push(batch),
      progress: () => undefined,
      closed: (error) => {
        ended = error;
      },
    });
    for (let turn = 0; turn < mostTurns && !ended && (batches.at(-1)?.revision ?? this.#checked) < newest; turn++) await macrotask();
    watch.close();
    if (ended) throw new Violation("Watch", `from revision ${this.#checked + 1} it ends with: ${ended.message}`);
    return batches;
  }

  #take(batch: EventBatch): void {
    if (batch.revision !== this.#checked + 1)
      throw new Violation("Watch", `revision ${batch.revision} came, ${this.#checked + 1} should have`);
    this.#checked = batch.revision;
    const what = textOf(batch).slice(`${batch.revision} `.length);
    const told = this.#acknowledged.get(batch.revision);
    this.#acknowledged.delete(batch.revision);
    if (told === undefined) {
      if (!this.#underWay.delete(what))
        throw new Violation("Durability", `revision ${batch.revision} is ${what}, which nobody was writing`);
      this.sums.found += 1;
    } else if (told !== what) throw new Violation("Durability", `revision ${batch.revision} is ${what}; acknowledged was ${told}`);
    for (const { type, kv } of batch.events) {
      if (type === "delete") this.#state.delete(kv.key);
      else this.#state.set(kv.key, { value: Buffer.from(kv.value).toString(), at: kv.modRevision });
    }
  }

  async #work(store: Store, power: Power): Promise<void> {
    const hands = Array.from({ length: writers }, async (_, hand) => {
      while (!power.isGone) {
        if (this.#prng.next() < 0.02) await this.#compact(store);
        else await this.#write(store, `/${hand}/${this.#prng.between(0, 3)}`);
      }
    });
    await Promise.all(hands);
  }

  async #write(store: Store, key: string): Promise<void> {
    const current = (await store.range({ start: key })).kvs[0];
    const remove = current !== undefined && this.#prng.next() < 0.2;
    this.#writes += 1;
    const value = remove
      ? ""
      : `${this.#writes} `.repeat(this.#prng.next() < 0.1 ? this.#prng.between(100, 600) : this.#prng.between(1, 20));
    const what = `${remove ? "delete" : "put"} ${key} ${value}`;
    this.#underWay.add(what);
    const operation = remove ? ({ type: "delete" } as const) : ({ type: "put", value: Buffer.from(value) } as const);
    const result = await store.txn({ key, expect: revision(current?.modRevision ?? 0), operation });
    this.#underWay.delete(what);
    if (!result.succeeded) throw new Violation("Durability", `${key} has one writer, and its write was refused`);
    this.#acknowledged.set(result.revision, what);
    this.sums.acknowledged += 1;
  }

  /** Never beyond what was looked at: the next look wants the rest. */
  async #compact(store: Store): Promise<void> {
    // One hand at a time: compacting twice to one place is an error.
    if (this.#compacted === this.#checked || this.#checked <= store.status().compactRevision) return macrotask();
    this.#compacted = this.#checked;
    await store.compact(revision(this.#checked));
    this.sums.compactions += 1;
  }
}

export async function crashRounds(seed: number, rounds: number): Promise<Rounds> {
  const crashes = new Crashes(seed);
  for (let round = 0; round < rounds; round++) await crashes.round();
  await crashes.end();
  return crashes.sums;
}
