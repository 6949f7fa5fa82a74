// The gate before the work: so many requests at a time, the others wait in line, one line per user, served in turn.
// Invariant: never more than `inFlight` pass at once; whoever waits is let in, sent away (429), or had left before.
// Called by: pipeline.ts, after authentication. Next on the way: the registry.

import { ApiError } from "#api";

export interface GateLimits {
  readonly inFlight: number;
  /** Who may wait: of one user, and of all together. */
  readonly waitingPerUser: number;
  readonly waiting: number;
}

interface Waiting {
  readonly left: () => boolean;
  readonly enter: () => void;
}

/** A node among a thousand, or a controller with one write to make, does not stand behind somebody's ten thousand. */
export class Gate {
  readonly #limits: GateLimits;
  /** In the order in which the users' turns come. */
  readonly #lines = new Map<string, Waiting[]>();
  readonly #turn: () => Promise<void>;
  #inFlight = 0;
  #waiting = 0;

  /** `turn` paces those who are let in, so that a crowd does not hold up the event loop. */
  constructor(limits: GateLimits, turn: () => Promise<void>) {
    this.#limits = limits;
    this.#turn = turn;
  }

  /** Resolves when it is this request's turn; whoever was let in must `leave`. `left` says that nobody waits for the answer any more. */
  enter(user: string, left: () => boolean): Promise<void> {
    const { inFlight, waiting, waitingPerUser } = this.#limits;
    if (this.#inFlight < inFlight) {
      this.#inFlight++;
      return this.#turn();
    }
    const line = this.#lines.get(user) ?? [];
    if (this.#waiting >= waiting || line.length >= waitingPerUser)
      return Promise.reject(ApiError.tooManyRequests("too many requests, please try again later", 1));
    this.#lines.set(user, line);
    this.#waiting++;
    return new Promise<void>((enter) => line.push({ left, enter })).then(this.#turn);
  }

  leave(): void {
    this.#inFlight--;
    for (const [user, line] of this.#lines) {
      const next = line.shift()!;
      this.#waiting--;
      this.#lines.delete(user);
      if (line.length > 0) this.#lines.set(user, line);
      if (next.left()) continue;
      this.#inFlight++;
      next.enter();
      return;
    }
  }
}
