// Time as a capability: whoever needs the time or a timer is handed a Clock.
// Invariant: no code outside this file and the shells in cmd/ reads the machine's clock, so that a simulator can own time.
// Called by: everything that waits, stamps or expires. Next on the way: prng.ts, the other thing that must be handed in.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock milliseconds since 1970; may step when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`; a timer never keeps the process alive by itself unless `hold` is set. */
  after(delayMs: number, run: () => void, options?: { hold?: boolean }): Timer;
}

export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, run, options) {
      const handle = setTimeout(run, Math.min(Math.max(delayMs, 0), 0x7fffffff));
      if (!options?.hold) handle.unref();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** A clock that moves only when told to. `advance` runs due timers in order of their time, each at its own moment. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sequence = 0;
  readonly #timers = new Map<number, { atMs: number; run: () => void }>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const id = ++this.#sequence;
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(delayMs, 0), run });
    return { cancel: () => void this.#timers.delete(id) };
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      let next: [number, { atMs: number; run: () => void }] | undefined;
      for (const entry of this.#timers) if (entry[1].atMs <= untilMs && (!next || entry[1].atMs < next[1].atMs)) next = entry;
      if (!next) break;
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].atMs);
      next[1].run();
    }
    this.#nowMs = untilMs;
  }
}

/** Resolves after `delayMs`, or rejects with the signal's reason when it is aborted first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(
      delayMs,
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      { hold: true },
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}

const dayMs = 86_400_000;
const lastMs = Date.UTC(10_000, 0) - 1;
const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** RFC 3339 with whole seconds, the form of `metav1.Time`. Every object that is written tells several: a Date for each would be felt. */
export function rfc3339(ms: number): string {
  if (!(ms >= 0 && ms <= lastMs)) return `${new Date(ms).toISOString().slice(0, 19)}Z`;
  // Years that begin in March, in eras of 400: the leap day comes last.
  const days = Math.floor(ms / dayMs) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const seconds = Math.floor((ms % dayMs) / 1000);
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${year}-${two(month)}-${two(day)}T${time}Z`;
}

/** RFC 3339 with microseconds, the form of `metav1.MicroTime`. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
