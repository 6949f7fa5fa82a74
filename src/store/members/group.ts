// The cluster as this member sees it: who belongs to it, who leads; and the leader's loop that brings raft's members to the table.
// Invariant: the table in the log is what is wanted; raft's configuration follows it, change by change, whoever leads.
// Called by: open.ts wires it; etcd/rpc/ asks and changes. Next on the way: driver.ts.

import type { Clock, Log } from "#lib";
import { membersOf } from "#raft";
import { ByteReader, ByteWriter } from "../bytes.ts";
import type { LeaseId } from "../contract.ts";
import { storeError } from "../errors.ts";
import type { MemberChange, MemberRecord, Members } from "../mvcc/members.ts";
import type { Outcome } from "../mvcc/state.ts";
import type { Hello } from "../peers/hello.ts";
import type { LocalStore } from "../store.ts";
import type { MemberDriver } from "./driver.ts";
import type { MemberIdentity } from "./identity.ts";
import { type Network, notLeader, requests } from "./network.ts";
import { Settling } from "./settling.ts";

export interface GroupOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: MemberIdentity;
  /** As told to clients: its own name and addresses. */
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly driver: MemberDriver;
  readonly store: () => LocalStore;
  readonly network: Network & { isUp(member: number): boolean; reach(members: readonly number[]): void };
  readonly timeoutMs: number;
  readonly tickMs: number;
}

/** A learner that has so much of the log may vote: else it stands in the way of the next commit. (As etcd) */
const readyShare = 0.9;
/** Far more than come while one member is away. */
const maxMet = 32;

const same = (a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean => (a ?? []).join() === (b ?? []).join();

export class Group {
  readonly #options: GroupOptions;
  /** Addresses of all whom we have ever known: raft may still speak to somebody who has just left the table. */
  readonly #book = new Map<number, MemberRecord>();
  /** Who called us and is newer than our list, by number. */
  readonly #met = new Map<number, string>();
  #seenVersion = -1;
  #seenConfiguration: object | undefined;
  #proposing = false;
  /** The list, who we are in it and raft's members are as they should be, as of what was seen last. */
  #content = false;
  readonly #settling: Settling;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#settling = new Settling(options.clock, options.driver.raft, options.timeoutMs);
    for (const member of options.identity.members) this.#book.set(member.number, member);
  }

  get identity(): MemberIdentity {
    return this.#options.identity;
  }

  get #table(): Members {
    return this.#options.store().state.members;
  }

  /** Until the log says who belongs to it: its founders. */
  get members(): readonly MemberRecord[] {
    return this.#table.founded ? this.#table.all : this.identity.members;
  }

  get self(): MemberRecord | undefined {
    return this.members.find(({ id }) => id === this.identity.id);
  }

  get isLearner(): boolean {
    return this.self?.learner ?? false;
  }

  get isLeader(): boolean {
    return this.#options.driver.isLeader;
  }

  /** Undefined: there is none that we know of. */
  get leader(): MemberRecord | undefined {
    const { leader } = this.#options.driver;
    return leader === 0 ? undefined : (this.members.find(({ number }) => number === leader) ?? this.#book.get(leader));
  }

  get committedIndex(): number {
    return this.#options.driver.raft.commitIndex;
  }

  idOf(number: number): string | undefined {
    if (number === this.identity.number) return this.identity.id;
    const known = this.members.find((one) => one.number === number)?.id;
    if (known !== undefined) return known;
    // Raft may still need the word of one who has left the table.
    if (membersOf(this.#options.driver.raft.configuration).includes(number)) return this.#book.get(number)?.id;
    const met = this.#met.get(number);
    return met !== undefined && !this.wasRemoved(met) ? met : undefined;
  }

  /** A member of our cluster calls. If our list lacks it, we lag: it may be the leader, and has to be answered. */
  meet({ from, member, urls }: Pick<Hello, "from" | "member" | "urls">): void {
    if (this.idOf(from) !== undefined || this.#met.size >= maxMet) return;
    this.#met.set(from, member);
    this.#book.set(from, { number: from, id: member, name: "", peerUrls: urls, clientUrls: [], learner: false });
    this.#reach();
  }

  wasRemoved(id: string): boolean {
    return this.#table.wasRemoved(id);
  }

  urlsOf(number: number): readonly string[] {
    return this.#book.get(number)?.peerUrls ?? [];
  }

  isConnected({ number }: MemberRecord): boolean {
    return number === this.identity.number || this.#options.network.isUp(number);
  }

  /** Through the log; what the table refuses is the outcome. Done is answered when raft's members have followed. */
  async change(change: MemberChange): Promise<Outcome> {
    const member = "id" in change ? this.#table.find(change.id) : undefined;
    const outcome = await this.#options.store().execute({ type: "members", change });
    if (outcome.type === "done") await this.#settling.until(change, member);
    return outcome;
  }

  /** The others say that we have been removed. */
  shutOut(): void {
    this.#settling.shutOut();
  }

  /** A learner becomes a voter. Only the leader knows whether it is nearly as far as the leader: else "notReady". */
  async promote({ number, id }: MemberRecord): Promise<Outcome | "notReady"> {
    const { raft } = this.#options.driver;
    if (this.isLeader) {
      const ready = (raft.progressOf(number)?.match ?? 0) >= raft.lastIndex * readyShare;
      return ready ? this.change({ change: "promote", id }) : "notReady";
    }
    const answer = await this.#askLeader(requests.promote, Buffer.from(JSON.stringify({ number, id })));
    return JSON.parse(answer.toString("utf8")) as Outcome | "notReady";
  }

  /** Resolves when it leads; false when that takes too long. */
  async moveLeader({ number }: MemberRecord): Promise<boolean> {
    const { driver, clock, timeoutMs, tickMs } = this.#options;
    driver.transfer(number);
    for (const untilMs = clock.monotonicMs() + timeoutMs; driver.leader !== number; ) {
      if (clock.monotonicMs() >= untilMs) return false;
      await new Promise<void>((resolve) => clock.after(tickMs, resolve, { hold: true }));
    }
    return true;
  }

  /** Its time to live from now on; undefined if there is none such. Leases' time runs with the leader. */
  async renewLease(id: LeaseId): Promise<number | undefined> {
    return this.#ofLeader(requests.renewLease, id, async () => {
      await this.#options.driver.linearizable();
      return this.#options.store().renewLease(id);
    });
  }

  async leaseRemainingMs(id: LeaseId): Promise<number | undefined> {
    return this.#ofLeader(requests.leaseTimeToLive, id, async () => this.#options.store().leaseRemainingMs(id));
  }

  /** What another member asks of us as the leader. */
  async answer(kind: number, body: Buffer): Promise<Uint8Array> {
    if (!this.isLeader) throw new Error(notLeader);
    if (kind === requests.propose) {
      if (!this.#options.driver.takeForwarded(body)) throw new Error(notLeader);
      return new Uint8Array(0);
    }
    if (kind === requests.promote) {
      const { number, id } = JSON.parse(body.toString("utf8")) as MemberRecord;
      const member = this.members.find((one) => one.number === number && one.id === id);
      if (!member) throw new Error("the member is not known here");
      return Buffer.from(JSON.stringify(await this.promote(member)));
    }
    const id = new ByteReader(body).int64();
    const value =
      kind === requests.renewLease
        ? await this.renewLease(id)
        : kind === requests.leaseTimeToLive
          ? await this.leaseRemainingMs(id)
          : undefined;
    const writer = new ByteWriter(16).byte(value === undefined ? 0 : 1);
    return writer.varint(Math.ceil(value ?? 0)).finish();
  }

  async #ofLeader(kind: number, id: LeaseId, here: () => Promise<number | undefined>): Promise<number | undefined> {
    if (this.isLeader) return here();
    const reader = new ByteReader(await this.#askLeader(kind, int64(id)));
    return reader.byte() === 1 ? reader.varint() : undefined;
  }

  /** Whoever that is by then, and until somebody answers as one. */
  async #askLeader(kind: number, body: Uint8Array): Promise<Buffer> {
    const { clock, network, driver, timeoutMs, tickMs } = this.#options;
    const untilMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.isLeader) return Buffer.from(await this.answer(kind, Buffer.from(body)));
      const answer = driver.leader === 0 ? undefined : await network.request(driver.leader, kind, body).catch(() => undefined);
      if (answer) return answer;
      if (clock.monotonicMs() >= untilMs) throw storeError.outcomeUnknown();
      await new Promise<void>((resolve) => clock.after(tickMs, resolve, { hold: true }));
    }
  }

  /** After whatever may have changed something; cheap when nothing has. */
  look(): void {
    const table = this.#table;
    const { configuration } = this.#options.driver.raft;
    this.#settling.look();
    if (table.version !== this.#seenVersion || configuration !== this.#seenConfiguration) {
      this.#seenVersion = table.version;
      this.#seenConfiguration = configuration;
      for (const member of table.all) this.#book.set(member.number, member);
      this.#reach();
    } else if (this.#content) return;
    this.#content = table.founded && this.#isTold() && this.#isConfigured();
    if (!this.#proposing) this.#tellOthers();
    if (this.isLeader && table.founded) this.#configure();
  }

  #reach(): void {
    const { driver, network } = this.#options;
    const met = [...this.#met.keys()].filter((number) => this.idOf(number) !== undefined);
    const others = new Set([...this.members.map(({ number }) => number), ...membersOf(driver.raft.configuration), ...met]);
    others.delete(this.identity.number);
    network.reach([...others]);
  }

  /** What the log should say and does not yet. */
  #tellOthers(): void {
    const { name, clientUrls, driver, identity } = this.#options;
    const { founded } = this.#table;
    if (!founded && this.isLeader && driver.raft.termOf(driver.appliedIndex) === driver.term) {
      this.#propose({ change: "found", cluster: identity.cluster, members: identity.members });
    } else if (founded && driver.leader !== 0) {
      if (!this.#isTold()) this.#propose({ change: "publish", id: identity.id, name, clientUrls });
    }
  }

  /** Who is not in the list has nothing to tell. */
  #isTold(): boolean {
    const { name, clientUrls, identity } = this.#options;
    const self = this.#table.find(identity.id);
    return !self || (self.name === name && same(self.clientUrls, clientUrls));
  }

  #numbers(learners: boolean): readonly number[] {
    return this.#table.all.filter(({ learner }) => learner === learners).map(({ number }) => number);
  }

  #isConfigured(): boolean {
    const { voters, outgoing, learners } = this.#options.driver.raft.configuration;
    return !outgoing && same(voters, this.#numbers(false)) && same(learners, this.#numbers(true));
  }

  #propose(change: MemberChange): void {
    this.#proposing = true;
    this.change(change).then(
      () => {
        this.#proposing = false;
        this.look();
      },
      (error: unknown) => {
        // The next look tries again.
        this.#proposing = false;
        this.#options.log.warn("the cluster's list could not be changed", { change: change.change, error });
      },
    );
  }

  #configure(): void {
    const { driver, identity } = this.#options;
    if (driver.raft.configuration.outgoing || this.#isConfigured()) return;
    const wanted = this.#numbers(false);
    // Who is to leave hands over first: else the others would wait for an election.
    const heir = wanted.find((number) => number !== identity.number && this.#options.network.isUp(number));
    if (!wanted.includes(identity.number) && heir !== undefined) driver.transfer(heir);
    else driver.configure(wanted, this.#numbers(true));
  }
}

const int64 = (value: bigint): Buffer => new ByteWriter(8).int64(BigInt.asIntN(64, value)).finish();
