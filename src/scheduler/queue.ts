// Which pod is next: three rooms, as upstream has them. Active (ready), backing off (failed lately), unschedulable (waits for a change).
// Invariant: a pod stands in one room; higher priority first, then first come; a pod in flight notes changes it missed.
// Called by: scheduler.ts. Next on the way: cycle.ts.

import type { Clock, SpanContext, Timer } from "#lib";
import type { ClusterChange, PodView } from "./framework.ts";

/** What woke a pod for another attempt, for its decision record. */
export interface Wake {
  readonly reason: string;
  readonly revision?: string;
  /** The trace under which that revision was written. */
  readonly cause?: SpanContext;
}

export interface QueuedPod {
  readonly view: PodView;
  readonly attempts: number;
  readonly wake: Wake;
}

interface Parked {
  readonly pod: QueuedPod;
  readonly changes: ReadonlySet<ClusterChange>;
  readonly backoffUntilMs: number;
}

const initialBackoffMs = 1000;
const maxBackoffMs = 10_000;
/** A pod that nothing wakes is tried again after this: a safety net, as upstream has one. */
const maxParkedMs = 5 * 60_000;

export function backoffMs(attempts: number): number {
  return Math.min(initialBackoffMs * 2 ** Math.max(attempts - 1, 0), maxBackoffMs);
}

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #ready: () => void;
  /** Priority → pods in the order they came; few priorities, many pods. */
  readonly #active = new Map<number, Map<string, QueuedPod>>();
  readonly #parked = new Map<string, Parked>();
  readonly #timers = new Map<string, Timer>();
  readonly #inFlight = new Map<string, Set<ClusterChange>>();

  /** `ready` is called whenever a pod enters the active room. */
  constructor(clock: Clock, ready: () => void) {
    this.#clock = clock;
    this.#ready = ready;
  }

  get sizes(): { active: number; parked: number } {
    let active = 0;
    for (const room of this.#active.values()) active += room.size;
    return { active, parked: this.#parked.size };
  }

  /** A pod that is new, or whose object has changed. */
  put(view: PodView, wake: Wake): void {
    const before = this.#waiting(view.uid) ?? this.#parked.get(view.uid)?.pod;
    this.remove(view.uid);
    this.#activate({ view, attempts: before?.attempts ?? 0, wake });
  }

  remove(uid: string): void {
    for (const room of this.#active.values()) room.delete(uid);
    this.#parked.delete(uid);
    this.#timers.get(uid)?.cancel();
    this.#timers.delete(uid);
  }

  /** Highest priority, then oldest. The pod is in flight until `done` or `park`. */
  take(): QueuedPod | undefined {
    let highest: number | undefined;
    for (const [priority, room] of this.#active) if (room.size > 0 && (highest === undefined || priority > highest)) highest = priority;
    const room = highest === undefined ? undefined : this.#active.get(highest);
    const next = room?.values().next().value;
    if (!room || !next) return undefined;
    room.delete(next.view.uid);
    this.#inFlight.set(next.view.uid, new Set());
    return { ...next, attempts: next.attempts + 1 };
  }

  done(uid: string): void {
    this.#inFlight.delete(uid);
  }

  /** No node today: waits for one of `changes`. A change that came while the pod was in flight counts. */
  park(pod: QueuedPod, changes: ReadonlySet<ClusterChange>): void {
    const missed = this.#inFlight.get(pod.view.uid) ?? new Set();
    this.#inFlight.delete(pod.view.uid);
    // A newer form of the pod came in meanwhile: that one is tried, this one is history.
    if (this.#waiting(pod.view.uid) || this.#parked.has(pod.view.uid)) return;
    const backoffUntilMs = this.#clock.nowMs() + backoffMs(pod.attempts);
    this.#parked.set(pod.view.uid, { pod, changes, backoffUntilMs });
    if ([...missed].some((change) => changes.has(change)))
      this.#wakeLater(pod.view.uid, backoffUntilMs, { ...pod.wake, reason: "cluster changed while deciding" });
    else this.#wakeLater(pod.view.uid, this.#clock.nowMs() + maxParkedMs, { ...pod.wake, reason: "retry after five minutes" });
  }

  /** The decision stood but could not be carried out: tried again after its back-off, whatever happens in the cluster. */
  retry(pod: QueuedPod, reason: string): void {
    this.park(pod, new Set());
    const parked = this.#parked.get(pod.view.uid);
    if (parked) this.#wakeLater(pod.view.uid, parked.backoffUntilMs, { ...pod.wake, reason });
  }

  /** Something changed in the cluster: every parked pod that waits for it gets another chance, after its back-off. */
  changed(change: ClusterChange, revision?: string): void {
    for (const missed of this.#inFlight.values()) missed.add(change);
    for (const [uid, parked] of this.#parked) {
      if (parked.changes.has(change)) {
        this.#wakeLater(uid, parked.backoffUntilMs, { ...parked.pod.wake, reason: change, ...(revision ? { revision } : {}) });
      }
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #wakeLater(uid: string, atMs: number, wake: Wake): void {
    this.#timers.get(uid)?.cancel();
    const run = (): void => {
      this.#timers.delete(uid);
      const parked = this.#parked.get(uid);
      if (!parked) return;
      this.#parked.delete(uid);
      this.#activate({ ...parked.pod, wake });
    };
    const waitMs = atMs - this.#clock.nowMs();
    if (waitMs <= 0) run();
    else this.#timers.set(uid, this.#clock.after(waitMs, run));
  }

  #waiting(uid: string): QueuedPod | undefined {
    for (const room of this.#active.values()) if (room.has(uid)) return room.get(uid);
    return undefined;
  }

  #activate(pod: QueuedPod): void {
    const { priority } = pod.view;
    const room = this.#active.get(priority) ?? new Map<string, QueuedPod>();
    this.#active.set(priority, room.set(pod.view.uid, pod));
    this.#ready();
  }
}
