// Changing who the members are, while they work: through a time in which the old and the new majority must both agree. (Raft §6)
// Invariant: one change at a time; the new voters alone decide only after the joint configuration is committed.
// Called by: raft.ts for `configure`, and after every commit. Next on the way: readindex.ts.

import { type Configuration, encodeConfiguration, isVoter, normal } from "./configuration.ts";
import { append } from "./replication.ts";
import { becomeFollower, type Core } from "./state.ts";

export type ConfigureRefusal = "not leader" | "a change is under way" | "no voters" | "a new voter lags";

/** A new voter should hold nearly all of the log, or it stands in the way of the next commit. */
const readyShare = 0.9;

/** To have exactly these voters and learners. Undefined: it is in the log, and goes its way. */
export function configure(core: Core, target: Pick<Configuration, "voters" | "learners">): ConfigureRefusal | undefined {
  const { log } = core;
  if (core.role !== "leader") return "not leader";
  if (target.voters.length === 0) return "no voters";
  const { voters, outgoing } = log.configuration;
  // An entry of our own term must be committed, or an older leader's change might still be. (Thesis §4.1, and its correction)
  if (outgoing || log.configuredAt > log.committed || log.termOf(log.committed) !== core.term) return "a change is under way";
  const lagging = (id: number): boolean => (core.progress.get(id)?.match ?? 0) < log.committed * readyShare;
  // Who comes as a learner first is ready; who comes as a voter at once is the operator's decision.
  if (target.voters.some((id) => log.configuration.learners?.includes(id) && lagging(id))) return "a new voter lags";
  const next = normal(target);
  const sameVoters = next.voters.length === voters.length && next.voters.every((id) => voters.includes(id));
  append(core, "configuration", [encodeConfiguration(sameVoters ? next : { ...next, outgoing: voters })]);
  return undefined;
}

/** After a commit: a committed joint configuration is left, and a leader that is no member any more steps down. */
export function settleMembership(core: Core): void {
  const { log } = core;
  if (core.role !== "leader" || log.configuredAt > log.committed) return;
  const { voters, outgoing, learners } = log.configuration;
  if (outgoing) append(core, "configuration", [encodeConfiguration({ voters, ...(learners ? { learners } : {}) })]);
  else if (!isVoter(log.configuration, core.id)) becomeFollower(core, core.term, 0);
}
