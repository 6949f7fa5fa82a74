// When is a world at rest? When nothing in it can go on without time passing or somebody outside speaking.
// Exactly: at the beginning of a macrotask no other immediate is queued. Queues of promises and of nextTick are empty there, by Node's own
// rules; timers are the virtual clock's; and a world does nothing else: no file, thread or socket of its own (world.test.ts watches it live).
// Sockets of callers do not count: they are the world outside.
// Invariant: one Resting a process, shared by all who wait; what does not come to rest within the bounds is an error, not a wait for ever.
// Called by: driver.ts between any two timers. Next on the way: clock.ts.

export interface RestLimits {
  /** Immediates that beget immediates. */
  readonly turns: number;
  /** Of the machine's time. */
  readonly realMs: number;
}

export const restLimits: RestLimits = { turns: 1_000_000, realMs: 60_000 };

export class Restless extends Error {
  override name = "Restless";
}

/** How many immediates wait; the one that asks, if it is one, is not among them. */
function immediates(): number {
  let count = 0;
  for (const name of process.getActiveResourcesInfo()) if (name === "Immediate") count += 1;
  return count;
}

export class Resting {
  readonly #realMs: () => number;
  readonly #limits: RestLimits;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** `realMs`: the machine's clock, for the bound alone. */
  constructor(realMs: () => number, limits: RestLimits = restLimits) {
    this.#realMs = realMs;
    this.#limits = limits;
  }

  /** Resolves in a macrotask of its own. */
  rest(): Promise<void> {
    // Two who waited on their own would each be the other's unrest.
    if (this.#waiting) return this.#waiting.promise;
    const waiting = Promise.withResolvers<void>();
    this.#waiting = waiting;
    const deadlineMs = this.#realMs() + this.#limits.realMs;
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      const busy = immediates();
      if (busy > 0 && turns < this.#limits.turns && this.#realMs() <= deadlineMs) {
        setImmediate(turn);
        return;
      }
      this.#waiting = undefined;
      if (busy === 0) waiting.resolve();
      else waiting.reject(new Restless(`not at rest after ${turns} turns of the event loop, ${busy} immediates wait`));
    };
    setImmediate(turn);
    return waiting.promise;
  }
}
