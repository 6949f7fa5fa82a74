// Members in one process for tests: simulated disks, a clock that is moved by hand, a network that can be cut.
// Invariant: nothing happens but in `until`, which gives up after a bounded time of the clock.
// Called by: members.test.ts. Next on the way: open.ts.

import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import { encode } from "../etcd/codec.ts";
import { PeerUnreachable } from "../peers/link.ts";
import type { PeerNetwork, PeersOptions } from "../peers/peers.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import type { MemberFlags } from "./identity.ts";
import { type Member, openMember } from "./open.ts";

const heartbeatMs = 100;
const maxMs = 60_000;

export interface TestMember extends Member {
  readonly number: number;
  readonly disk: SimulatedDisk;
}

export class TestCluster {
  readonly clock = new ManualClock();
  readonly cut = new Set<number>();
  readonly members = new Map<string, TestMember>();
  readonly removed = new Set<string>();
  readonly #inboxes = new Map<number, PeersOptions>();
  readonly #keepEntries: number;
  #seed = 1;

  constructor(keepEntries = 5000) {
    this.#keepEntries = keepEntries;
  }

  async found(names: readonly string[]): Promise<void> {
    const initialCluster = names.map((name) => ({ name, url: `http://${name}:2380` }));
    await Promise.all(names.map((name) => this.start(name, { initialCluster, initialClusterState: "new" })));
  }

  async start(
    name: string,
    how: Pick<MemberFlags, "initialCluster" | "initialClusterState"> = { initialCluster: [], initialClusterState: "new" },
    disk = new SimulatedDisk(),
  ): Promise<TestMember> {
    let number = 0;
    const flags = { name, peerUrls: [`http://${name}:2380`], clientUrls: [`http://${name}:2379`], initialClusterToken: "t", ...how };
    const opening = openMember({
      directory: "",
      disk,
      flags,
      listenPeerUrls: [],
      heartbeatMs,
      electionMs: 1000,
      snapshotEntries: 100_000,
      keepEntries: this.#keepEntries,
      clock: this.clock,
      prng: seededPrng(this.#seed++),
      log: silentLog(),
      removed: () => void this.removed.add(name),
      introduce: async () => [...this.#inboxes.values()][0]?.introduce(),
      connect: (options) => {
        number = options.self.number;
        return this.#connect(options);
      },
    });
    const member = await this.until(opening);
    const test = { ...member, number, disk };
    this.members.set(name, test);
    return test;
  }

  /** As kill -9: what its disk has not synced is gone. */
  async crash(name: string): Promise<SimulatedDisk> {
    const member = this.members.get(name)!;
    const { number, disk } = member;
    this.#inboxes.delete(number);
    this.members.delete(name);
    const left = disk.afterCrash(seededPrng(this.#seed++));
    this.cut.add(number);
    await this.until(member.close());
    this.cut.delete(number);
    return left;
  }

  get leader(): TestMember | undefined {
    return [...this.members.values()].find(({ number, group }) => group.isLeader && !this.cut.has(number));
  }

  get follower(): TestMember {
    return [...this.members.values()].find(({ group }) => !group.isLeader)!;
  }

  put(member: TestMember, key: string, value = key): Promise<unknown> {
    return member.store.execute({ type: "etcdPut", request: encode("PutRequest", { key, value: Buffer.from(value) }) });
  }

  /** Lets time pass until it is settled. */
  async until<Value>(work: Promise<Value>): Promise<Value> {
    let done = false;
    work.then(
      () => (done = true),
      () => (done = true),
    );
    for (let passed = 0; !done && passed < maxMs; passed += heartbeatMs / 4) await this.#pass();
    if (!done) throw new Error(`not within ${maxMs} ms of the clock`);
    return work;
  }

  async when(what: string, condition: () => boolean): Promise<void> {
    for (let passed = 0; !condition(); passed += heartbeatMs / 4) {
      if (passed > maxMs) throw new Error(`not within ${maxMs} ms of the clock: ${what}`);
      await this.#pass();
    }
  }

  async close(): Promise<void> {
    await this.until(Promise.all(Array.from(this.members.values(), (member) => member.close())));
  }

  async #pass(): Promise<void> {
    for (let turn = 0; turn < 8; turn++) await macrotask();
    this.clock.advance(heartbeatMs / 4);
  }

  #reaches(from: number, to: number): PeersOptions | undefined {
    return this.cut.has(from) || this.cut.has(to) ? undefined : this.#inboxes.get(to);
  }

  #connect(options: PeersOptions): PeerNetwork {
    const own = options.self.number;
    this.#inboxes.set(own, options);
    return {
      listen: async () => 0,
      reach: () => undefined,
      isUp: (member) => this.#reaches(own, member) !== undefined,
      send: (message) => setImmediate(() => this.#reaches(own, message.to)?.message(message)),
      request: async (to, kind, body) => {
        await macrotask();
        const there = this.#reaches(own, to);
        if (!there) throw new PeerUnreachable("cut", false);
        return Buffer.from(await there.request(own, kind, Buffer.from(body)));
      },
      sendSnapshot: async (message, write) => {
        const receiver = this.#reaches(own, message.to)?.snapshot(message);
        if (!receiver) return false;
        await write((bytes) => receiver.write(Buffer.from(bytes)));
        return receiver.done();
      },
      close: async () => void this.#inboxes.delete(own),
    };
  }
}
