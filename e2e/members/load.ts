// Clients that write and read while members fail, and know what they were told.
// Invariant: each key has one writer, who counts, and writes only over what it knows; so a write whose end nobody knows cannot come later
// over a newer one, and whoever reads knows which counts are possible: none below the last one acknowledged before the reading began.
// Called by: members.e2e.ts, ../members.ts. Next on the way: cluster.ts.

import { sleep, type TestCluster, type TestMember, until } from "./cluster.ts";

const callMs = 1500;

export interface LoadReport {
  readonly acknowledged: number;
  readonly reads: number;
  readonly unknown: number;
}

interface Key {
  readonly name: string;
  tried: number;
  acknowledged: number;
  /** Its mod revision; undefined: unknown. */
  revision: number | undefined;
}

const equal = 0;
const modRevision = 2;

const writeOver = ({ name, revision = 0 }: Key, count: number): object => ({
  compare: [{ key: name, target: modRevision, result: equal, mod_revision: revision }],
  success: [{ request_put: { key: name, value: Buffer.from(String(count)) } }],
});

export class Load {
  readonly #cluster: TestCluster;
  readonly #keys: readonly Key[];
  readonly #running: Promise<void>[] = [];
  readonly #problems: string[] = [];
  #stopped = false;
  #reads = 0;
  #unknown = 0;
  #turn = 0;
  /** When a write that was asked for was acknowledged last. */
  #acknowledgements: { readonly askedMs: number; readonly toldMs: number }[] = [];

  constructor(cluster: TestCluster, writers: number, readers: number, prefix: string) {
    this.#cluster = cluster;
    this.#keys = Array.from({ length: writers }, (_, at) => ({ name: `${prefix}${at}`, tried: 0, acknowledged: 0, revision: 0 }));
    for (const key of this.#keys) this.#running.push(this.#write(key));
    for (let at = 0; at < readers; at++) this.#running.push(this.#read(at));
  }

  /** Milliseconds from `sinceMs` until a write that was asked for later was acknowledged. */
  async servedAfter(sinceMs: number): Promise<number> {
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(5)) {
      const first = this.#acknowledgements.find(({ askedMs }) => askedMs >= sinceMs);
      if (first) return first.toldMs - sinceMs;
    }
    throw new Error("nothing was acknowledged for a minute");
  }

  async stop(): Promise<LoadReport> {
    this.#stopped = true;
    await Promise.all(this.#running);
    if (this.#problems.length > 0) throw new Error(this.#problems.join("\n"));
    return {
      acknowledged: this.#keys.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      reads: this.#reads,
      unknown: this.#unknown,
    };
  }

  /** What every member must have, each for itself. */
  async check(): Promise<void> {
    for (const member of this.#cluster.running)
      for (const key of this.#keys) {
        const found = await until(`${member.name} tells ${key.name}`, () => this.#get(member, key, true).catch(() => undefined));
        if (found < key.acknowledged || found > key.tried)
          throw new Error(`${member.name} has ${key.name}=${found}; ${key.acknowledged} was acknowledged, ${key.tried} tried`);
      }
  }

  #next(): TestMember | undefined {
    const { running } = this.#cluster;
    return running[this.#turn++ % Math.max(running.length, 1)];
  }

  async #write(key: Key): Promise<void> {
    while (!this.#stopped) {
      const member = this.#next();
      const askedMs = performance.now();
      try {
        if (!member) continue;
        if (key.revision === undefined) await this.#learn(member, key);
        const count = ++key.tried;
        const { succeeded, header } = await member.caller.call("Txn", writeOver(key, count), callMs);
        key.revision = succeeded ? header?.revision : undefined;
        if (!succeeded) continue;
        key.acknowledged = count;
        this.#acknowledgements.push({ askedMs, toldMs: performance.now() });
        if (this.#acknowledgements.length > 5000) this.#acknowledgements.splice(0, 2500);
      } catch {
        key.revision = undefined;
        this.#unknown += 1;
        await sleep(20);
      }
    }
  }

  /** After a write whose end is not known. */
  async #learn({ caller, name: member }: TestMember, key: Key): Promise<void> {
    const { kvs } = await caller.call("Range", { key: key.name }, callMs);
    const found = kvs[0] ? Number(Buffer.from(kvs[0].value).toString()) : 0;
    if (found < key.acknowledged) this.#problems.push(`${member}: ${key.name}=${found} after ${key.acknowledged} was acknowledged`);
    key.acknowledged = Math.max(key.acknowledged, found);
    key.revision = kvs[0]?.mod_revision ?? 0;
  }

  async #read(at: number): Promise<void> {
    for (let round = at; !this.#stopped; round++) {
      const key = this.#keys[round % this.#keys.length]!;
      const member = this.#next();
      const least = key.acknowledged;
      try {
        const found = member ? await this.#get(member, key, false) : undefined;
        if (found === undefined) continue;
        this.#reads += 1;
        if (found < least)
          this.#problems.push(`a linearizable read on ${member!.name} found ${key.name}=${found} after ${least} was acknowledged`);
        if (found > key.tried) this.#problems.push(`${member!.name} has ${key.name}=${found}, which nobody has written`);
      } catch {
        await sleep(20);
      }
    }
  }

  async #get({ caller }: TestMember, { name }: Key, serializable: boolean): Promise<number> {
    const { kvs } = await caller.call("Range", { key: name, serializable }, callMs);
    return kvs[0] ? Number(Buffer.from(kvs[0].value).toString()) : 0;
  }
}
