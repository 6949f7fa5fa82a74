// Simple tokens: what a user shows after having shown a password, for as long as it is used.
// Invariant: a token lives in this process only; it ends when unused for its time, and with what it stood for.
// Called by: access.ts, rpc/auth/. Next on the way: access.ts.

import type { Clock, Prng, Timer } from "#lib";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const tokenLetters = 16;
const unusedMs = 300_000;

interface Token {
  readonly user: string;
  usedMs: number;
  timer: Timer;
}

export class Tokens {
  readonly #clock: Clock;
  readonly #prng: Prng;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock, prng: Prng) {
    this.#clock = clock;
    this.#prng = prng;
  }

  assign(user: string, logIndex: number): string {
    const random = Array.from(this.#prng.bytes(tokenLetters), (byte) => letters[byte % letters.length]).join("");
    const token = `${random}.${logIndex}`;
    this.#tokens.set(token, { user, usedMs: this.#clock.monotonicMs(), timer: this.#arm(token, unusedMs) });
    return token;
  }

  /** Whom it stands for; using it keeps it. */
  userOf(token: string): string | undefined {
    const found = this.#tokens.get(token);
    if (found) found.usedMs = this.#clock.monotonicMs();
    return found?.user;
  }

  /** Of one user, or of all. */
  invalidate(user?: string): void {
    for (const [token, found] of this.#tokens) {
      if (user !== undefined && found.user !== user) continue;
      found.timer.cancel();
      this.#tokens.delete(token);
    }
  }

  #arm(token: string, afterMs: number): Timer {
    return this.#clock.after(afterMs, () => {
      const found = this.#tokens.get(token);
      if (!found) return;
      const leftMs = found.usedMs + unusedMs - this.#clock.monotonicMs();
      if (leftMs > 0) found.timer = this.#arm(token, leftMs);
      else this.#tokens.delete(token);
    });
  }
}
