// Everything one member knows, in one plain object that the files of raft/ work on; and how a message gets out.
// Invariant: what promises something (a vote, "I have it") leaves only after the disk has what it promises. (Raft §5.2, §5.3)
// Called by: raft.ts makes it; election.ts, replication.ts, membership.ts, readindex.ts, transfer.ts change it. Next on the way: election.ts.

import type { Prng } from "#lib";
import { type Configuration, isVoter } from "./configuration.ts";
import type { HardState, MemberId, SnapshotMark } from "./entry.ts";
import type { RaftLog } from "./log.ts";
import type { Message } from "./message.ts";
import type { Progress } from "./progress.ts";

export const roles = ["follower", "preCandidate", "candidate", "leader"] as const;
export type Role = (typeof roles)[number];

export interface RaftLimits {
  /** Ticks without a leader before a member campaigns; up to twice as many, by chance. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Entries of one message; a single larger entry goes alone. */
  readonly maxAppendBytes: number;
  /** Messages of entries on their way to one member. */
  readonly maxInflight: number;
  /** Proposals are refused beyond it, so that a leader that reaches nobody does not fill its memory. */
  readonly maxUncommittedBytes: number;
  /** Applied entries kept in memory for members that lag; who lags more gets a snapshot. */
  readonly keepEntries: number;
  readonly maxReads: number;
}

/** Without an index: refused or lost, ask again. Else: answer when everything up to `index` is applied. */
export interface ReadAnswer {
  readonly id: number;
  readonly index?: number;
}

export interface PendingRead {
  readonly from: MemberId;
  readonly id: number;
  readonly index: number;
  readonly question: number;
}

/** A leader's snapshot, which takes the place of our state and of our whole log. */
export interface Restore {
  readonly mark: SnapshotMark;
  readonly configuration: Configuration;
}

export interface Core {
  readonly id: MemberId;
  readonly limits: RaftLimits;
  readonly prng: Pick<Prng, "between"> | undefined;
  readonly log: RaftLog;
  term: number;
  vote: MemberId;
  /** 0: nobody that we know of. */
  leader: MemberId;
  role: Role;
  /** Since we heard of the leader, or campaigned; for a leader: since check quorum. */
  elapsedTicks: number;
  timeoutTicks: number;
  heartbeatTicks: number;
  votes: Map<MemberId, boolean>;
  /** Of a leader, about every other member. */
  progress: Map<MemberId, Progress>;
  /** 0, or whom leadership is being handed to. */
  transferTo: MemberId;
  /** The last read question asked. */
  question: number;
  /** Confirmed by nobody yet; oldest first. */
  reads: PendingRead[];
  /** Waiting until an entry of this term is committed. */
  earlyReads: { readonly from: MemberId; readonly id: number }[];
  /** Reads that a follower has sent to its leader. */
  forwarded: Set<number>;
  // What the next Ready carries.
  messages: Message[];
  /** Go when the disk has everything of the next Ready. */
  promises: Message[];
  /** Who needs a snapshot. */
  offers: MemberId[];
  answers: ReadAnswer[];
  restore: Restore | undefined;
}

const defaultLimits: Omit<RaftLimits, "electionTicks"> = {
  heartbeatTicks: 1,
  maxAppendBytes: 1024 * 1024,
  maxInflight: 256,
  maxUncommittedBytes: 64 * 1024 * 1024,
  keepEntries: 5000,
  maxReads: 10_000,
};

export type LimitOptions = Partial<RaftLimits> & Pick<RaftLimits, "electionTicks">;

/** As after a start: a follower of nobody, with the term and the vote that its disk remembers. */
export function newCore(id: MemberId, log: RaftLog, hardState: HardState, limits: LimitOptions, prng: Core["prng"]): Core {
  const core: Core = {
    id,
    limits: { ...defaultLimits, ...limits },
    prng,
    log,
    term: hardState.term,
    vote: hardState.vote,
    leader: 0,
    role: "follower",
    elapsedTicks: 0,
    timeoutTicks: 0,
    heartbeatTicks: 0,
    votes: new Map(),
    progress: new Map(),
    transferTo: 0,
    question: 0,
    reads: [],
    earlyReads: [],
    forwarded: new Set(),
    messages: [],
    promises: [],
    offers: [],
    answers: [],
    restore: undefined,
  };
  leaveRole(core);
  return core;
}

type Unaddressed<M> = M extends Message ? Omit<M, "from" | "term"> & { readonly term?: number } : never;

/** A leader's requests may overtake its own disk: its disk is one of several that count. (Raft thesis §10.2.1) */
export function send(core: Core, message: Unaddressed<Message>): void {
  core.messages.push({ from: core.id, term: core.term, ...message } as Message);
}

export function promise(core: Core, message: Unaddressed<Message>): void {
  core.promises.push({ from: core.id, term: core.term, ...message } as Message);
}

export const hardStateOf = ({ term, vote, log }: Core): HardState => ({ term, vote, commit: log.committed });

/** May this member be elected? Also one whose leaving is not committed: nobody else may have so much of the log. (Thesis §4.2.2) */
export function isPromotable({ log, id }: Core): boolean {
  if (isVoter(log.configuration, id)) return true;
  return log.configuredAt > log.committed && isVoter(log.configurationAt(log.configuredAt - 1), id);
}

/** A follower heard from its leader within the shortest election timeout: it helps nobody to replace it. (Raft thesis §4.2.3) */
export const hasLeader = ({ leader, elapsedTicks, limits }: Core): boolean => leader !== 0 && elapsedTicks < limits.electionTicks;

/** Everything that belonged to a role ends with it. Nobody waits for a read that nobody will answer. */
export function leaveRole(core: Core): void {
  core.elapsedTicks = 0;
  core.heartbeatTicks = 0;
  const { electionTicks } = core.limits;
  core.timeoutTicks = electionTicks + (core.prng?.between(0, electionTicks - 1) ?? 0);
  core.votes = new Map();
  core.progress = new Map();
  core.transferTo = 0;
  for (const { from, id } of [...core.reads, ...core.earlyReads]) {
    if (from === core.id) core.answers.push({ id });
    else send(core, { type: "readReply", to: from, id });
  }
  for (const id of core.forwarded) core.answers.push({ id });
  core.reads = [];
  core.earlyReads = [];
  core.forwarded = new Set();
}

export function becomeFollower(core: Core, term: number, leader: MemberId): void {
  leaveRole(core);
  if (term > core.term) core.vote = 0;
  core.term = term;
  core.role = "follower";
  core.leader = leader;
}
