// Elections: who may ask, who gets a vote, who has won. First a question that changes nothing (pre-vote), then the real one.
// Invariant: one vote a term, for nobody whose log is older; so two leaders of one term cannot be, and no leader lacks a committed entry.
// Called by: raft.ts on ticks and messages. See Raft §5.2, §5.4.1 and thesis §9.6. Next on the way: replication.ts.

import { membersOf, isVoter, voteResult } from "./configuration.ts";
import type { Vote, VoteReply } from "./message.ts";
import { becomeFollower, type Core, hasLeader, isPromotable, leaveRole, promise } from "./state.ts";
import { lead } from "./replication.ts";

/** `transfer`: the leader asked us to, so no pre-vote, and no member holds back for the leader's sake. */
export function campaign(core: Core, transfer: boolean): void {
  if (core.role === "leader" || !isPromotable(core)) return;
  if (transfer) stand(core, true);
  else askFirst(core);
}

/** Pre-vote: would a majority vote for us? Who was cut off cannot win, so it does not raise its term either and disturbs nobody. */
function askFirst(core: Core): void {
  leaveRole(core);
  core.role = "preCandidate";
  core.leader = 0;
  core.votes = new Map([[core.id, true]]);
  if (voteResult(core.log.configuration, core.votes) === "won") stand(core, false);
  else requestVotes(core, { pre: true, transfer: false, term: core.term + 1 });
}

function stand(core: Core, transfer: boolean): void {
  leaveRole(core);
  core.role = "candidate";
  core.leader = 0;
  core.term += 1;
  core.vote = core.id;
  // Our own vote comes back when the disk has it: who forgets a vote could elect two leaders. (Raft §5.2)
  promise(core, { type: "voteReply", to: core.id, pre: false, granted: true });
  requestVotes(core, { pre: false, transfer, term: core.term });
}

function requestVotes(core: Core, request: { readonly pre: boolean; readonly transfer: boolean; readonly term: number }): void {
  const { configuration, last } = core.log;
  for (const to of membersOf(configuration)) {
    if (to !== core.id && isVoter(configuration, to)) promise(core, { type: "vote", to, last, ...request });
  }
}

/** True: the question is for nobody who has a leader. (Thesis §4.2.3) */
export function ignoresVote(core: Core, { transfer }: Vote): boolean {
  return !transfer && hasLeader(core);
}

/** The request's term is ours by now, unless it is a pre-vote. */
export function answerVote(core: Core, { from, pre, term, last }: Vote): void {
  const free = pre ? term > core.term : core.vote === from || (core.vote === 0 && core.leader === 0);
  const granted = free && core.log.isUpToDate(last);
  // A granted pre-vote speaks of the term asked for; a refusal tells our own.
  promise(core, { type: "voteReply", to: from, pre, granted, term: granted ? term : core.term });
  if (!granted || pre) return;
  core.elapsedTicks = 0;
  core.vote = from;
}

export function countVote(core: Core, { from, pre, granted }: VoteReply): void {
  if (core.role !== (pre ? "preCandidate" : "candidate")) return;
  if (!core.votes.has(from)) core.votes.set(from, granted);
  const result = voteResult(core.log.configuration, core.votes);
  if (result === "won") {
    if (pre) stand(core, false);
    else lead(core);
  } else if (result === "lost") becomeFollower(core, core.term, 0);
}
