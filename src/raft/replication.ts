// How a leader makes the others' logs equal to its own, and what counts as committed.
// Invariant: a leader counts copies of entries of its own term only; older ones are committed along with them. (Raft §5.3, §5.4.2)
// Called by: raft.ts, election.ts (lead), membership.ts (append). Next on the way: membership.ts.

import { isVoter, membersOf, quorumValue } from "./configuration.ts";
import type { EntryType, MemberId } from "./entry.ts";
import type { Append, AppendReply, Heartbeat, HeartbeatReply, Snapshot } from "./message.ts";
import { Progress } from "./progress.ts";
import { becomeFollower, type Core, leaveRole, promise, send } from "./state.ts";

const nothing = new Uint8Array(0);

export function lead(core: Core): void {
  leaveRole(core);
  core.role = "leader";
  core.leader = core.id;
  trackMembers(core);
  // A leader may not count copies of older terms' entries; an empty entry of its own term commits them too. (Raft §5.4.2)
  append(core, "empty", [nothing]);
}

/** After each configuration that enters or leaves the log. */
export function trackMembers(core: Core): void {
  const members = membersOf(core.log.configuration);
  for (const id of core.progress.keys()) if (!members.includes(id)) core.progress.delete(id);
  for (const id of members) {
    if (id !== core.id && !core.progress.has(id)) core.progress.set(id, new Progress(core.log.lastIndex + 1, true));
  }
  if (core.transferTo !== 0 && !isVoter(core.log.configuration, core.transferTo)) core.transferTo = 0;
}

/** A leader's new entries, one for each of `data`; they go out at once. */
export function append(core: Core, type: EntryType, data: readonly Uint8Array[]): void {
  const { log, term } = core;
  for (const one of data) log.append({ term, index: log.lastIndex + 1, type, data: one });
  if (type === "configuration") trackMembers(core);
  broadcastEntries(core, false);
}

function broadcastEntries(core: Core, evenIfEmpty: boolean): void {
  for (const to of core.progress.keys()) sendEntries(core, to, evenIfEmpty);
}

/** As much as the window allows. `evenIfEmpty`: the new commit, or a question, is worth a message too. */
export function sendEntries(core: Core, to: MemberId, evenIfEmpty: boolean): void {
  const { log, limits } = core;
  const progress = core.progress.get(to);
  if (!progress) return;
  for (let first = true; progress.mayAppend(limits.maxInflight); first = false) {
    const previous = log.markAt(progress.next - 1);
    if (!previous) return offerSnapshot(core, to, progress);
    const entries = log.from(progress.next, limits.maxAppendBytes);
    if (entries.length === 0 && !(first && evenIfEmpty)) return;
    send(core, { type: "append", to, previous, entries, commit: log.committed });
    progress.sent(previous.index + entries.length, entries.length);
    if (entries.length === 0) return;
  }
}

/** What it needs has left memory. */
function offerSnapshot(core: Core, to: MemberId, progress: Progress): void {
  if (!progress.active) return;
  progress.snapshotOffered();
  core.offers.push(to);
}

export function broadcastHeartbeat(core: Core): void {
  core.heartbeatTicks = 0;
  for (const [to, { match }] of core.progress) {
    // No further than we know that our logs agree.
    send(core, { type: "heartbeat", to, commit: Math.min(match, core.log.committed), read: core.question });
  }
}

export function advanceCommit(core: Core): void {
  const { log, term } = core;
  const index = quorumValue(log.configuration, (id) => (id === core.id ? log.durable : (core.progress.get(id)?.match ?? 0)));
  if (index <= log.committed || log.termOf(index) !== term) return;
  log.commitTo(index);
  broadcastEntries(core, true);
}

/** A leader sees that no majority has answered for an election timeout: it may have been replaced, and says so to itself. (Thesis §6.2) */
export function checkQuorum(core: Core): void {
  const reached = quorumValue(core.log.configuration, (id) => (id === core.id || core.progress.get(id)?.active ? 1 : 0));
  if (reached === 0) return becomeFollower(core, core.term, 0);
  for (const progress of core.progress.values()) progress.active = false;
  core.transferTo = 0;
}

export function acceptEntries(core: Core, { from, previous, entries, commit }: Append): void {
  const { log } = core;
  if (previous.index < log.committed) {
    promise(core, { type: "appendReply", to: from, index: log.committed });
  } else if (log.termOf(previous.index) === previous.term) {
    const last = log.merge(previous, entries);
    log.commitTo(Math.min(commit, last));
    promise(core, { type: "appendReply", to: from, index: last });
  } else {
    promise(core, { type: "appendReply", to: from, index: previous.index, hint: log.meetingPoint(previous.index, previous.term) });
  }
}

/** True if the member has news: more may be committed, and a transfer may go on. */
export function countAppend(core: Core, { from, index, hint }: AppendReply): boolean {
  const { log } = core;
  const progress = core.progress.get(from);
  if (!progress) return false;
  progress.active = true;
  if (hint) {
    if (progress.refused(index, log.meetingPoint(hint.index, hint.term).index)) sendEntries(core, from, true);
    return false;
  }
  const news = progress.accepted(index, log.baseIndex);
  if (news) advanceCommit(core);
  sendEntries(core, from, false);
  return news;
}

export function acceptHeartbeat(core: Core, { from, commit, read }: Heartbeat): void {
  // After a loss of memory the log may be shorter than what it once acknowledged; asking for entries heals that, committing does not.
  core.log.commitTo(Math.min(commit, core.log.lastIndex));
  send(core, { type: "heartbeatReply", to: from, read });
}

export function countHeartbeat(core: Core, { from, read }: HeartbeatReply): void {
  const progress = core.progress.get(from);
  if (!progress) return;
  progress.heard(core.limits.maxInflight);
  progress.read = Math.max(progress.read, read);
  if (progress.match < core.log.lastIndex) sendEntries(core, from, true);
}

export function acceptSnapshot(core: Core, { from, mark, configuration }: Snapshot): void {
  const { log } = core;
  if (mark.index <= log.committed) promise(core, { type: "appendReply", to: from, index: log.committed });
  else {
    // A log that agrees needs no snapshot: it only did not know what is committed.
    if (log.termOf(mark.index) === mark.term) log.commitTo(mark.index);
    else {
      log.restore(mark, configuration);
      core.restore = { mark, configuration };
    }
    promise(core, { type: "appendReply", to: from, index: mark.index });
  }
}
