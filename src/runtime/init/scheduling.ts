// How the process shares the machine: personality, priority of its disk access, scheduler.
// Invariant: names of the specification only; one that is not known is refused.
// Called by: identity.ts, create.ts of init/. Next on the way: identity.ts.

import type { Syscalls } from "#linux";
import type { LinuxConfig, ProcessConfig } from "../config.ts";
import { RuntimeError } from "../errors.ts";

const personas: Readonly<Record<string, number>> = { LINUX: 0, LINUX32: 8 };
const ioClasses: Readonly<Record<string, number>> = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
const policies: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};
const schedulerFlags: Readonly<Record<string, bigint>> = {
  SCHED_FLAG_RESET_ON_FORK: 1n,
  SCHED_FLAG_RECLAIM: 2n,
  SCHED_FLAG_DL_OVERRUN: 4n,
  SCHED_FLAG_KEEP_POLICY: 8n,
  SCHED_FLAG_KEEP_PARAMS: 16n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64n,
};

function known<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  if (!Object.hasOwn(table, name)) throw new RuntimeError(`invalid ${what}: ${name}`);
  return table[name]!;
}

export function applyPersonality(syscalls: Syscalls, personality: LinuxConfig["personality"]): void {
  if (personality) syscalls.personality(known(personas, personality.domain, "personality"));
}

export function applyScheduling(syscalls: Syscalls, { ioPriority, scheduler }: ProcessConfig): void {
  if (ioPriority) syscalls.ioprioSet((known(ioClasses, ioPriority.class, "I/O priority class") << 13) | ioPriority.priority);
  if (!scheduler) return;
  const { policy, nice = 0, priority = 0, flags = [], runtime = 0, deadline = 0, period = 0 } = scheduler;
  let bits = 0n;
  for (const flag of flags) bits |= known(schedulerFlags, flag, "scheduler flag");
  syscalls.schedSetattr({
    policy: known(policies, policy, "scheduler policy"),
    flags: bits,
    nice,
    priority,
    runtime: BigInt(runtime),
    deadline: BigInt(deadline),
    period: BigInt(period),
  });
}
