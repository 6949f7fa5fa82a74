// A message comes in: first whose term is newer, then who said it, then what it says.
// Invariant: nothing of an older term changes anything; a newer term makes a follower of everybody, but a question (pre-vote) does not.
// Called by: raft.ts. Next on the way: election.ts, replication.ts, readindex.ts.

import { unreachable } from "#lib";
import { answerVote, campaign, countVote, ignoresVote } from "./election.ts";
import type { MemberId } from "./entry.ts";
import type { Message } from "./message.ts";
import { confirmReads, read, takeReadReply } from "./readindex.ts";
import * as replication from "./replication.ts";
import { becomeFollower, type Core, promise, send } from "./state.ts";
import { handOver } from "./transfer.ts";

export function receive(core: Core, message: Message): void {
  if (message.term < core.term) return answerOld(core, message);
  if (message.term > core.term) {
    if (message.type === "vote" && ignoresVote(core, message)) return;
    // A pre-vote speaks of a term that nobody is in yet.
    const speculative = message.type === "vote" ? message.pre : message.type === "voteReply" && message.pre && message.granted;
    if (!speculative) becomeFollower(core, message.term, isLeaders(message) ? message.from : 0);
  }
  if (isLeaders(message)) follow(core, message.from);
  dispatch(core, message);
}

function dispatch(core: Core, message: Message): void {
  const leads = core.role === "leader";
  switch (message.type) {
    case "vote":
      return answerVote(core, message);
    case "voteReply":
      return countVote(core, message);
    case "append":
      return replication.acceptEntries(core, message);
    case "appendReply":
      if (leads && replication.countAppend(core, message) && message.from === core.transferTo) handOver(core);
      return;
    case "heartbeat":
      return replication.acceptHeartbeat(core, message);
    case "heartbeatReply":
      if (leads) replication.countHeartbeat(core, message);
      return confirmReads(core);
    case "snapshot":
      return replication.acceptSnapshot(core, message);
    case "timeoutNow":
      return campaign(core, true);
    case "read":
      return read(core, message.from, message.id);
    case "readReply":
      return takeReadReply(core, message);
    default:
      return unreachable(message);
  }
}

function follow(core: Core, leader: MemberId): void {
  if (core.role !== "follower" || core.leader !== leader) becomeFollower(core, core.term, leader);
  core.elapsedTicks = 0;
}

/** From a term that is over. Who believes to lead it, or to need its votes, is told. */
function answerOld(core: Core, message: Message): void {
  if (isLeaders(message)) promise(core, { type: "appendReply", to: message.from, index: 0 });
  else if (message.type === "vote") promise(core, { type: "voteReply", to: message.from, pre: message.pre, granted: false });
  else if (message.type === "read") send(core, { type: "readReply", to: message.from, id: message.id });
}

/** Only the leader of its term says these. */
const isLeaders = ({ type }: Message): boolean => type === "append" || type === "heartbeat" || type === "snapshot";
