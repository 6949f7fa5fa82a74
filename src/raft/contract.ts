// What goes into the state machine and what comes out: the contract between raft/ and whoever owns disk, network and time.
// Invariant: a Ready is carried out in its order (persist, send, apply), and one Ready after the other.
// Called by: raft.ts answers it, store/replica.ts and sim/store/ drive it. Next on the way: raft.ts.

import type { Prng } from "#lib";
import type { Configuration } from "./configuration.ts";
import type { Entry, HardState, MemberId, SnapshotMark } from "./entry.ts";
import type { ConfigureRefusal } from "./membership.ts";
import type { Message, Snapshot } from "./message.ts";
import type { RaftLimits, ReadAnswer, Restore } from "./state.ts";

export type Input =
  | { readonly type: "tick" }
  /** Stand for election now, without waiting for the timeout. */
  | { readonly type: "campaign" }
  | { readonly type: "propose"; readonly data: readonly Uint8Array[] }
  /** The disk has everything of all batches up to this `Ready.number`. */
  | { readonly type: "persisted"; readonly number: number }
  | { readonly type: "message"; readonly message: Message }
  /** When may a linearizable read be answered? `id` is the asker's own. */
  | { readonly type: "read"; readonly id: number }
  /** To have exactly these members. */
  | { readonly type: "configure"; readonly voters: readonly MemberId[]; readonly learners?: readonly MemberId[] }
  | { readonly type: "transfer"; readonly to: MemberId }
  /** A snapshot that was asked for by `Ready.snapshots` has arrived; index 0: it has not. */
  | { readonly type: "snapshotReported"; readonly to: MemberId; readonly index: number };

export type Refusal = ConfigureRefusal | "leadership is being handed over" | "too much is uncommitted";

/** What to do, in this order: persist, send, apply. Messages may go at once: those that must wait for the disk are not in here yet. */
export interface Ready {
  /** To report as `persisted` if `mustSync`. */
  readonly number: number;
  /** Present when it changed. */
  readonly hardState?: HardState;
  /** First of all: a snapshot, whose bytes the shell has, replaces the state and the log. */
  readonly restore?: Restore;
  /** They replace what the log had from the first one's index on. */
  readonly entries: readonly Entry[];
  /** Term, vote or entries changed: persist durably and report `persisted`. A new commit alone may wait for the next batch. */
  readonly mustSync: boolean;
  readonly messages: readonly Message[];
  readonly committed: readonly Entry[];
  /** When `committed` is applied: to be delivered with the state as it is then. Report each as `snapshotReported`. */
  readonly snapshots: readonly Snapshot[];
  readonly reads: readonly ReadAnswer[];
  /** Why `propose` or `configure` was not taken; `leader` may say who would. */
  readonly refused?: Refusal;
}

export interface RaftOptions extends Configuration {
  readonly id: MemberId;
  /** Ticks without a leader before a member campaigns; with `prng`, up to twice as many. */
  readonly electionTicks: number;
  readonly hardState: HardState;
  /** The voters, outgoing and learners of these options are those at this mark. */
  readonly snapshot: SnapshotMark;
  readonly entries: readonly Entry[];
  readonly prng?: Pick<Prng, "between">;
  readonly limits?: Partial<Omit<RaftLimits, "electionTicks">>;
}
