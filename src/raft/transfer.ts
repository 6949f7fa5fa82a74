// Handing leadership over: stop taking proposals, bring the heir's log up to ours, tell it to stand at once. (Thesis §3.10)
// Invariant: the heir wins an ordinary election or nobody does; a transfer that takes longer than an election timeout is off.
// Called by: raft.ts. Next on the way: raft.ts.

import { isVoter } from "./configuration.ts";
import type { MemberId } from "./entry.ts";
import { sendEntries } from "./replication.ts";
import { type Core, send } from "./state.ts";

export function transfer(core: Core, to: MemberId): void {
  if (core.role !== "leader" || to === core.id || !isVoter(core.log.configuration, to)) return;
  core.transferTo = to;
  // It has one election timeout from now on; check quorum, which ends it, starts to count anew.
  core.elapsedTicks = 0;
  if (!handOver(core)) sendEntries(core, to, true);
}

/** Also after each answer of the heir. */
export function handOver(core: Core): boolean {
  const heir = core.progress.get(core.transferTo);
  if (!heir || heir.match !== core.log.lastIndex) return false;
  send(core, { type: "timeoutNow", to: core.transferTo });
  return true;
}
