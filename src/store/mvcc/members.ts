// Who belongs to the cluster, as the log has it: each member's number, id, name and addresses. Changes are entries like any write.
// Invariant: equal changes in equal order give equal tables; a number is given once and never again, so that raft never confuses two members.
// Called by: etcdcommands.ts for entries, snapshot/ to keep it, members/ and etcd/rpc/cluster/ to ask it. Next on the way: ../members/group.ts,
// whose leader brings raft's own configuration to what stands here.

import { unreachable } from "#lib";

/** A JSON document, in entries and snapshots: ids are hex. */
export interface MemberRecord {
  /** Raft's name for it. */
  readonly number: number;
  /** etcd's name for it. */
  readonly id: string;
  /** Empty until it has started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly learner: boolean;
}

export type MemberChange =
  /** The first entry of a cluster: what its founders' flags say. */
  | { readonly change: "found"; readonly cluster: string; readonly members: readonly MemberRecord[] }
  | { readonly change: "add"; readonly id: string; readonly peerUrls: readonly string[]; readonly learner: boolean }
  | { readonly change: "remove"; readonly id: string }
  | { readonly change: "update"; readonly id: string; readonly peerUrls: readonly string[] }
  | { readonly change: "promote"; readonly id: string }
  /** A member that has started tells its name and where clients find it. */
  | { readonly change: "publish"; readonly id: string; readonly name: string; readonly clientUrls: readonly string[] };

export type MemberRefusal = "memberNotFound" | "memberExists" | "peerUrlExists" | "memberNotLearner" | "tooManyLearners";

/** As a snapshot keeps it. */
export interface MembersRecord {
  readonly cluster: string;
  readonly lastNumber: number;
  readonly members: readonly MemberRecord[];
  readonly removed: readonly string[];
}

const maxLearners = 1;
const byNumber = (a: MemberRecord, b: MemberRecord): number => a.number - b.number;

export class Members {
  /** Empty: nobody has founded a cluster; the store is alone and in nobody's list. */
  #cluster = "";
  #lastNumber = 0;
  #members: readonly MemberRecord[] = [];
  /** Ids that must never come back. */
  readonly #removed = new Set<string>();
  /** Counts changes, for those who look whether there was one. */
  version = 0;

  get cluster(): string {
    return this.#cluster;
  }

  get founded(): boolean {
    return this.#cluster !== "";
  }

  /** By number. */
  get all(): readonly MemberRecord[] {
    return this.#members;
  }

  find(id: string): MemberRecord | undefined {
    return this.#members.find((one) => one.id === id);
  }

  wasRemoved(id: string): boolean {
    return this.#removed.has(id);
  }

  apply(change: MemberChange): MemberRefusal | undefined {
    const refusal = this.#refusal(change);
    if (refusal) return refusal;
    this.version++;
    this.#carryOut(change);
    return undefined;
  }

  record(): MembersRecord {
    return { cluster: this.#cluster, lastNumber: this.#lastNumber, members: this.#members, removed: [...this.#removed] };
  }

  restore({ cluster, lastNumber, members, removed }: MembersRecord): void {
    this.#cluster = cluster;
    this.#lastNumber = lastNumber;
    this.#members = members;
    for (const id of removed) this.#removed.add(id);
    this.version++;
  }

  #refusal(change: MemberChange): MemberRefusal | undefined {
    if (change.change === "found") return undefined;
    const known = this.find(change.id);
    if (change.change === "add") {
      if (known || this.#removed.has(change.id)) return "memberExists";
      if (this.#taken(change.peerUrls, undefined)) return "peerUrlExists";
      return change.learner && this.#members.filter(({ learner }) => learner).length >= maxLearners ? "tooManyLearners" : undefined;
    }
    if (!known) return "memberNotFound";
    if (change.change === "update") return this.#taken(change.peerUrls, change.id) ? "peerUrlExists" : undefined;
    return change.change === "promote" && !known.learner ? "memberNotLearner" : undefined;
  }

  #taken(urls: readonly string[], exceptOf: string | undefined): boolean {
    return this.#members.some(({ id, peerUrls }) => id !== exceptOf && peerUrls.some((url) => urls.includes(url)));
  }

  #carryOut(change: MemberChange): void {
    switch (change.change) {
      case "found":
        // Two leaders may have had the same thought: the first one's founding counts.
        if (this.founded) return;
        this.#cluster = change.cluster;
        this.#members = change.members.toSorted(byNumber);
        this.#lastNumber = this.#members.at(-1)?.number ?? 0;
        return;
      case "add": {
        const { id, peerUrls, learner } = change;
        this.#lastNumber += 1;
        this.#members = [...this.#members, { number: this.#lastNumber, id, name: "", peerUrls, clientUrls: [], learner }];
        return;
      }
      case "remove":
        this.#members = this.#members.filter(({ id }) => id !== change.id);
        this.#removed.add(change.id);
        return;
      case "update":
        return this.#replace(change.id, { peerUrls: change.peerUrls });
      case "promote":
        return this.#replace(change.id, { learner: false });
      case "publish":
        return this.#replace(change.id, { name: change.name, clientUrls: change.clientUrls });
      default:
        return unreachable(change);
    }
  }

  #replace(id: string, part: Partial<MemberRecord>): void {
    this.#members = this.#members.map((one) => (one.id === id ? { ...one, ...part } : one));
  }
}
