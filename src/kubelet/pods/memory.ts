// What an agent remembers of one pod between passes: back-offs, and why a container is not there.
// Invariant: losing it (a restarted agent) costs at most one early retry; nothing in it decides whether something is running.
// Called by: worker.ts and actions.ts write it; plan.ts and status/ read it. Next on the way: plan.ts.

import type { Pod } from "#api";
import type { Refusal } from "./admission.ts";

/** 10 s doubling to 5 min; forgotten when a container has run (or nothing has failed) for 10 min. */
export const backoffLimits = { firstMs: 10_000, mostMs: 300_000, forgetMs: 600_000 } as const;

export interface BackoffEntry {
  readonly delayMs: number;
  readonly lastMs: number;
}

export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface PodMemory {
  /** Per container: the delay that the next restart after a failure must keep from the end of the last run. */
  readonly restarts: Map<string, BackoffEntry>;
  /** Per image: not to be pulled again before `untilMs`. */
  readonly pulls: Map<string, { readonly delayMs: number; readonly untilMs: number; readonly message: string }>;
  /** Per container: why it is not running, as `state.waiting`. */
  readonly waiting: Map<string, WaitingReason>;
  /** Per container: not to be tried again before. */
  readonly retryAtMs: Map<string, number>;
  /** Not to be tried again before; set when a sandbox or a volume failed. */
  sandboxRetry: { readonly delayMs: number; readonly untilMs: number } | undefined;
  /** Per container: the end of the back-off that an event has told of. */
  readonly toldBackoffMs: Map<string, number>;
  /** Containers whose liveness or startup probe failed: they are to be restarted. */
  readonly unhealthy: Map<string, string>;
  /** Per container id: the last result of its probes. Absent: as if there were no probe. */
  readonly ready: Map<string, boolean>;
  readonly started: Map<string, boolean>;
  /** The pod's volumes are to be set up (again): at the agent's start, and when something that they hold has changed. */
  volumesStale: boolean;
  volumesRetry: { readonly delayMs: number; readonly untilMs: number } | undefined;
  /** Why this node does not take the pod; undefined: it does, or has not looked yet. */
  refused: Refusal | undefined;
  /** The pod's deadline has passed and an event has said so. */
  toldDeadline: boolean;
}

export function newPodMemory(): PodMemory {
  return {
    restarts: new Map(),
    pulls: new Map(),
    waiting: new Map(),
    retryAtMs: new Map(),
    sandboxRetry: undefined,
    toldBackoffMs: new Map(),
    unhealthy: new Map(),
    ready: new Map(),
    started: new Map(),
    volumesStale: true,
    volumesRetry: undefined,
    refused: undefined,
    toldDeadline: false,
  };
}

/** When a container that ended at `endedAtMs` may start again; undefined: at once. */
export function restartAtMs(entry: BackoffEntry | undefined, endedAtMs: number): number | undefined {
  if (!entry || endedAtMs - entry.lastMs > backoffLimits.forgetMs) return undefined;
  return endedAtMs + entry.delayMs;
}

/** The entry after one more restart, of a run that ended at `endedAtMs`. */
export function nextBackoff(entry: BackoffEntry | undefined, endedAtMs: number): BackoffEntry {
  if (!entry || endedAtMs - entry.lastMs > backoffLimits.forgetMs) return { delayMs: backoffLimits.firstMs, lastMs: endedAtMs };
  return { delayMs: Math.min(entry.delayMs * 2, backoffLimits.mostMs), lastMs: endedAtMs };
}

const seconds = (text: string): number => {
  const match = /back-off (?:(\d+)m)?(\d+)s restarting/.exec(text);
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2]) : 0;
};

/**
 * A new agent learns from the pod's status how long its predecessor let containers wait: from the waiting message where there is one,
 * else from the number of restarts.
 */
export function restoreBackoffs(memory: PodMemory, pod: Pod): void {
  for (const known of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const { name, restartCount, state, lastState } = known;
    const endedAt = lastState?.terminated?.finishedAt;
    const waiting = state?.waiting?.reason === "CrashLoopBackOff";
    if (memory.restarts.has(name) || endedAt === undefined || (restartCount === 0 && !waiting)) continue;
    const counted = Math.min(backoffLimits.firstMs * 2 ** Math.min(Math.max(restartCount, 1) - 1, 10), backoffLimits.mostMs);
    const told = seconds(state?.waiting?.message ?? "") * 1000;
    memory.restarts.set(name, { delayMs: told > 0 ? told : counted, lastMs: Date.parse(endedAt) });
  }
}

/** What was ready is ready until a probe says otherwise, also when its agent is a new one. */
export function restoreProbes(memory: PodMemory, pod: Pod): void {
  for (const { containerID, ready, started, state } of [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ]) {
    const id = containerID?.split("://")[1];
    if (id === undefined || !state?.running) continue;
    if (ready) memory.ready.set(id, true);
    if (started) memory.started.set(id, true);
  }
}

export function restoreMemory(memory: PodMemory, pod: Pod): void {
  restoreBackoffs(memory, pod);
  restoreProbes(memory, pod);
}

/** Durations as Go prints them: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
