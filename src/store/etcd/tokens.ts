// Simple tokens: what a user shows after having shown a password, for as long as it is used.
// Invariant: a token ends when unused for its time, and with what it stood for; a member of several knows those of the others by the log.
// Called by: access.ts, rpc/auth/. Next on the way: access.ts.

import type { Clock, Prng, Timer } from "#lib";
import type { IssuedTokens } from "../mvcc/issuedtokens.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const tokenLetters = 16;
const unusedMs = 300_000;

interface Token {
  readonly user: string;
  /** It came by the log, and goes by it. */
  readonly issued: boolean;
  usedMs: number;
  timer: Timer;
}

export class Tokens {
  readonly #clock: Clock;
  readonly #prng: Prng;
  readonly #issued: () => IssuedTokens;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock, prng: Prng, issued: () => IssuedTokens) {
    this.#clock = clock;
    this.#prng = prng;
    this.#issued = issued;
  }

  assign(user: string, logIndex: number): string {
    const token = this.make(logIndex);
    this.#keep(token, user, false);
    return token;
  }

  /** One that nobody knows yet. */
  make(logIndex: number): string {
    const random = Array.from(this.#prng.bytes(tokenLetters), (byte) => letters[byte % letters.length]).join("");
    return `${random}.${logIndex}`;
  }

  #keep(token: string, user: string, issued: boolean): void {
    this.#tokens.set(token, { user, issued, usedMs: this.#clock.monotonicMs(), timer: this.#arm(token, unusedMs) });
  }

  /** Whom it stands for; using it keeps it. */
  userOf(token: string): string | undefined {
    const found = this.#tokens.get(token);
    if (found && (!found.issued || this.#issued().get(token))) {
      found.usedMs = this.#clock.monotonicMs();
      return found.user;
    }
    if (found) {
      found.timer.cancel();
      this.#tokens.delete(token);
      return undefined;
    }
    const issued = this.#issued().get(token);
    if (!issued || this.#clock.nowMs() - issued.atMs > unusedMs) return undefined;
    this.#keep(token, issued.user, true);
    return issued.user;
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
