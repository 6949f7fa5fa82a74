// A group of members in one page of text: commands in, what they said and became out. Disks are instant unless held.
// Invariant: nothing happens that no command asked for; equal stories print equal lines.
// Called by: story.test.ts, which plays testdata/*.txt; labs 20 and 22, by the door #raft/story. Next on the way: raft.ts, the subject.

import { assert } from "#lib";
import { decodeConfiguration, type Configuration } from "./configuration.ts";
import type { Input, RaftOptions, Ready } from "./contract.ts";
import type { Entry, HardState, MemberId, SnapshotMark } from "./entry.ts";
import type { Message } from "./message.ts";
import { Raft } from "./raft.ts";

interface Disk {
  hardState: HardState;
  snapshot: SnapshotMark;
  configuration: Configuration;
  entries: Entry[];
}

interface Member {
  raft: Raft | undefined;
  readonly disk: Disk;
  readonly limits: NonNullable<RaftOptions["limits"]>;
  held: boolean;
  /** Carried out, but the disk has not said so. */
  unsynced: Ready[];
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const mark = ({ term, index }: SnapshotMark): string => `${term}.${index}`;

function nameOf({ voters, outgoing, learners }: Configuration): string {
  return `${voters.join("+")}${outgoing ? ` and ${outgoing.join("+")}` : ""}${learners ? ` learning ${learners.join("+")}` : ""}`;
}

function entryOf(entry: Entry): string {
  if (entry.type === "configuration") return `${mark(entry)}=[${nameOf(decodeConfiguration(entry.data))}]`;
  return `${mark(entry)}${entry.type === "empty" ? "" : `=${text(entry.data)}`}`;
}

function body(message: Message): string {
  switch (message.type) {
    case "vote":
      return `${message.pre ? "would you vote" : "vote"}${message.transfer ? " (transfer)" : ""}, my log ends ${mark(message.last)}`;
    case "voteReply":
      return `${message.granted ? "yes" : "no"}${message.pre ? (message.granted ? ", I would" : ", I would not") : ""}`;
    case "append":
      return `after ${mark(message.previous)}: ${message.entries.map(entryOf).join(" ") || "nothing"}, commit ${message.commit}`;
    case "appendReply":
      return message.hint ? `no ${message.index}, perhaps ${mark(message.hint)}` : `have ${message.index}`;
    case "heartbeat":
      return `heartbeat commit ${message.commit}${message.read > 0 ? ` question ${message.read}` : ""}`;
    case "heartbeatReply":
      return `alive${message.read > 0 ? ` answer ${message.read}` : ""}`;
    case "snapshot":
      return `snapshot ${mark(message.mark)} of ${nameOf(message.configuration)}`;
    case "timeoutNow":
      return "stand now";
    case "read":
      return `read ${message.id}`;
    case "readReply":
      return `read ${message.id} ${message.index === undefined ? "refused" : `at ${message.index}`}`;
  }
}

export class Story {
  readonly #members = new Map<MemberId, Member>();
  #network: Message[] = [];
  #cut = new Set<MemberId>();
  #lines: string[] = [];

  /** One command; the lines it printed. */
  run(line: string): readonly string[] {
    this.#lines = [];
    const [verb = "", ...words] = line.split(" ");
    const numbers = words.map(Number);
    const [first = 0] = numbers;
    if (verb === "members") this.#create(words);
    else if (verb === "show") this.#show();
    else if (verb === "deliver") this.#deliver(words);
    else if (verb === "settle") this.#settle();
    else if (verb === "lose") this.#network = this.#network.filter((message) => !matches(message, words));
    else if (verb === "cut") this.#cut = new Set(numbers);
    else if (verb === "hold") this.#members.get(first)!.held = true;
    else if (verb === "sync") this.#sync(first);
    else if (verb === "crash") this.#crash(first);
    else if (verb === "restart") this.#start(first);
    else this.#input(first, verb, words.slice(1));
    return this.#lines;
  }

  #create(words: readonly string[]): void {
    this.#network = [];
    this.#cut = new Set();
    const [count, ...options] = words;
    const limits = Object.fromEntries(options.map((one) => one.split("=")).map(([name, value]) => [name, Number(value)]));
    const voters = Array.from({ length: Number(count) }, (_, index) => index + 1);
    for (let id = 1; id <= 7; id++) {
      const disk: Disk = {
        hardState: { term: 0, vote: 0, commit: 0 },
        snapshot: { index: 0, term: 0 },
        configuration: { voters },
        entries: [],
      };
      this.#members.set(id, { raft: undefined, disk, limits, held: false, unsynced: [] });
      this.#start(id);
    }
  }

  #start(id: MemberId): void {
    const member = this.#members.get(id)!;
    const { hardState, snapshot, entries, configuration } = member.disk;
    member.raft = new Raft({ id, electionTicks: 3, hardState, snapshot, entries: [...entries], ...configuration, limits: member.limits });
  }

  #crash(id: MemberId): void {
    const member = this.#members.get(id)!;
    member.raft = undefined;
    member.unsynced = [];
    member.held = false;
  }

  #input(id: MemberId, verb: string, words: readonly string[]): void {
    if (verb === "tick") for (let count = Number(words[0] ?? 1); count > 0; count--) this.#step(id, { type: "tick" });
    else if (verb === "campaign") this.#step(id, { type: "campaign" });
    else if (verb === "propose") this.#step(id, { type: "propose", data: words.map((word) => new TextEncoder().encode(word)) });
    else if (verb === "read") this.#step(id, { type: "read", id: Number(words[0]) });
    else if (verb === "transfer") this.#step(id, { type: "transfer", to: Number(words[0]) });
    else {
      assert(verb === "configure", `a story has no word ${verb}`);
      const [voters = "", learners = ""] = words.join(" ").split("learning");
      const ids = (list: string): number[] => list.split(" ").filter(Boolean).map(Number);
      this.#step(id, { type: "configure", voters: ids(voters), learners: ids(learners) });
    }
  }

  #step(id: MemberId, input: Input): void {
    const member = this.#members.get(id)!;
    if (!member.raft) return;
    const { role, term } = member.raft;
    this.#carryOut(id, member, member.raft.step(input));
    const { role: roleNow, term: termNow } = member.raft;
    if (role !== roleNow || term !== termNow) this.#lines.push(`${id} is ${roleNow} in term ${termNow}`);
  }

  #carryOut(id: MemberId, member: Member, ready: Ready): void {
    if (ready.refused) this.#lines.push(`${id} refuses: ${ready.refused}`);
    if (ready.restore) this.#lines.push(`${id} installs the snapshot ${mark(ready.restore.mark)}`);
    if (ready.mustSync || ready.hardState) member.unsynced.push(ready);
    this.#network.push(...ready.messages);
    if (ready.committed.length > 0) this.#lines.push(`${id} applies ${ready.committed.map(entryOf).join(" ")}`);
    this.#network.push(...ready.snapshots);
    for (const { id: read, index } of ready.reads) {
      this.#lines.push(`${id} read ${read}: ${index === undefined ? "refused" : `when ${index} is applied`}`);
    }
    if (!member.held) this.#sync(id);
  }

  #sync(id: MemberId): void {
    const member = this.#members.get(id)!;
    member.held = false;
    const written = member.unsynced.splice(0);
    for (const ready of written) write(member.disk, ready);
    const number = written.findLast((ready) => ready.mustSync)?.number;
    if (number !== undefined) this.#step(id, { type: "persisted", number });
  }

  /** What is on its way now, if it fits; what that makes members say stays on its way. */
  #deliver(words: readonly string[]): void {
    const due = this.#network.filter((message) => matches(message, words));
    this.#network = this.#network.filter((message) => !matches(message, words));
    for (const message of due) this.#arrive(message, true);
  }

  #arrive(message: Message, tell: boolean): void {
    if (this.#cut.has(message.from) !== this.#cut.has(message.to)) {
      if (message.type === "snapshot") this.#step(message.from, { type: "snapshotReported", to: message.to, index: 0 });
      return;
    }
    if (tell) this.#lines.push(`${message.from}→${message.to} term ${message.term}: ${body(message)}`);
    this.#step(message.to, { type: "message", message });
    if (message.type === "snapshot") this.#step(message.from, { type: "snapshotReported", to: message.to, index: message.mark.index });
  }

  #settle(): void {
    for (let count = 0; this.#network.length > 0; count++) {
      assert(count < 10_000, "a story comes to an end");
      this.#arrive(this.#network.shift()!, false);
    }
  }

  #show(): void {
    for (const [id, { raft, disk }] of this.#members) {
      const isMember = raft && raft.lastIndex > 0;
      if (!isMember) continue;
      const leads = raft.leader === 0 ? "nobody" : raft.leader === id ? "itself" : String(raft.leader);
      const log = `${disk.entries.length > 5 ? "… " : ""}${disk.entries.slice(-5).map(entryOf).join(" ")}`;
      const base = disk.snapshot.index > 0 ? `snapshot ${mark(disk.snapshot)}, then ` : "";
      this.#lines.push(`${id} term ${raft.term} follows ${leads}, commit ${raft.commitIndex}: ${base}${log}`);
    }
  }
}

function matches({ type, from, to }: Message, words: readonly string[]): boolean {
  return words.every((word) => word === type || word === `${from}→${to}` || word === `${from}→` || word === `→${to}`);
}

function write(disk: Disk, { hardState, restore, entries }: Ready): void {
  if (restore) {
    disk.snapshot = restore.mark;
    disk.configuration = restore.configuration;
    disk.entries = [];
  }
  if (hardState) disk.hardState = hardState;
  const [first] = entries;
  if (first) disk.entries.length = first.index - disk.snapshot.index - 1;
  disk.entries.push(...entries);
}
