// Who the members are, and what a majority of them is; while voters change, two majorities at once. (Raft §6)
// Invariant: any two quorums of one configuration share a member, and so do those of neighbouring configurations.
// Called by: log.ts (the newest configuration in the log counts), election.ts and replication.ts (count). Next on the way: log.ts.

import { assert } from "#lib";
import type { MemberId } from "./entry.ts";

export interface Configuration {
  readonly voters: readonly MemberId[];
  /** Present while voters change (joint consensus): the voters of before, whose majority is needed, too. */
  readonly outgoing?: readonly MemberId[];
  /** They get the log and have no vote. */
  readonly learners?: readonly MemberId[];
}

const sorted = (ids: readonly MemberId[]): readonly MemberId[] => [...new Set(ids)].sort((a, b) => a - b);

/** Sorted, without empty parts, and with nobody twice; so equal configurations have equal bytes. */
export function normal({ voters, outgoing = [], learners = [] }: Configuration): Configuration {
  const voting = new Set(voters);
  const learning = sorted(learners.filter((id) => !voting.has(id)));
  return {
    voters: sorted(voters),
    ...(outgoing.length > 0 ? { outgoing: sorted(outgoing) } : {}),
    ...(learning.length > 0 ? { learners: learning } : {}),
  };
}

export const isVoter = ({ voters, outgoing }: Configuration, id: MemberId): boolean =>
  voters.includes(id) || (outgoing?.includes(id) ?? false);

export const membersOf = ({ voters, outgoing = [], learners = [] }: Configuration): readonly MemberId[] =>
  sorted([...voters, ...outgoing, ...learners]);

function agreed(voters: readonly MemberId[], valueOf: (id: MemberId) => number): number {
  if (voters.length === 1) return valueOf(voters[0]!);
  const values = voters.map(valueOf).sort((a, b) => b - a);
  return values[Math.floor(voters.length / 2)] ?? 0;
}

/** The largest number that a quorum has reached. */
export function quorumValue({ voters, outgoing }: Configuration, valueOf: (id: MemberId) => number): number {
  const incoming = agreed(voters, valueOf);
  return outgoing ? Math.min(incoming, agreed(outgoing, valueOf)) : incoming;
}

export type VoteResult = "won" | "lost" | "pending";

/** Lost as soon as no quorum can say yes any more. */
export function voteResult(configuration: Configuration, votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  if (quorumValue(configuration, (id) => (votes.get(id) === true ? 1 : 0)) === 1) return "won";
  return quorumValue(configuration, (id) => (votes.get(id) === false ? 0 : 1)) === 1 ? "pending" : "lost";
}

/** The data of a `configuration` entry: readable, since it is rare and people look for it in dumps. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(normal(configuration)));
}

export function decodeConfiguration(data: Uint8Array): Configuration {
  const parsed = JSON.parse(new TextDecoder().decode(data)) as Configuration;
  assert(Array.isArray(parsed.voters), "a configuration names its voters");
  return normal(parsed);
}
