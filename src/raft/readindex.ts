// Linearizable reads without a log entry: the leader notes its commit and asks a majority whether it still leads. (Thesis §6.4)
// Invariant: a read is answered with an index at least as new as anything acknowledged before it was asked.
// Called by: raft.ts. No lease: clocks may drift, a question to a majority may not. Next on the way: transfer.ts.

import { quorumValue } from "./configuration.ts";
import type { MemberId } from "./entry.ts";
import type { ReadReply } from "./message.ts";
import { broadcastHeartbeat } from "./replication.ts";
import { type Core, send } from "./state.ts";

/** `from` asks: ourselves, or a follower for its own client. */
export function read(core: Core, from: MemberId, id: number): void {
  if (core.role === "leader") return readAsLeader(core, from, id);
  if (from === core.id && core.leader !== 0 && core.forwarded.size < core.limits.maxReads) {
    core.forwarded.add(id);
    send(core, { type: "read", to: core.leader, id });
  } else refuse(core, from, id);
}

function readAsLeader(core: Core, from: MemberId, id: number): void {
  if (core.reads.length + core.earlyReads.length >= core.limits.maxReads) return refuse(core, from, id);
  // Before an entry of its term is committed a leader does not know what is: an older leader may have acknowledged more.
  if (core.log.termOf(core.log.committed) !== core.term) {
    core.earlyReads.push({ from, id });
    return;
  }
  core.question += 1;
  core.reads.push({ from, id, index: core.log.committed, question: core.question });
  if (core.progress.size > 0) broadcastHeartbeat(core);
  confirmReads(core);
}

/** After a commit. */
export function startEarlyReads(core: Core): void {
  if (core.earlyReads.length === 0 || core.log.termOf(core.log.committed) !== core.term) return;
  for (const { from, id } of core.earlyReads.splice(0)) readAsLeader(core, from, id);
}

/** After a heartbeat's answer: every question up to the one that a majority has answered is settled. */
export function confirmReads(core: Core): void {
  if (core.role !== "leader" || core.reads.length === 0) return;
  const confirmed = quorumValue(core.log.configuration, (id) => (id === core.id ? core.question : (core.progress.get(id)?.read ?? 0)));
  while (core.reads.length > 0 && core.reads[0]!.question <= confirmed) {
    const { from, id, index } = core.reads.shift()!;
    answer(core, from, id, index);
  }
}

export function takeReadReply(core: Core, { id, index }: ReadReply): void {
  if (!core.forwarded.delete(id)) return;
  core.answers.push(index === undefined ? { id } : { id, index });
}

function answer(core: Core, to: MemberId, id: number, index: number): void {
  if (to === core.id) core.answers.push({ id, index });
  else send(core, { type: "readReply", to, id, index });
}

function refuse(core: Core, to: MemberId, id: number): void {
  if (to === core.id) core.answers.push({ id });
  else send(core, { type: "readReply", to, id });
}
