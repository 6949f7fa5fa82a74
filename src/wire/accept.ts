// The gate before TLS: new connections wait here for a token, so that a storm of handshakes cannot starve running requests.
// Invariant: at most `burst` handshakes start at once and `perSecond` in the long run; a queue beyond `queueLimit` loses its newest.
// Called by: server.ts for every accepted socket. Next on the way: the TLS handshake, then exchange.ts.

import type { Socket } from "node:net";
import type { Clock, Timer } from "#lib";

export interface AcceptLimits {
  readonly perSecond: number;
  readonly burst: number;
  readonly queueLimit: number;
}

export const acceptLimits: AcceptLimits = { perSecond: 400, burst: 100, queueLimit: 2000 };

type Waiting = Pick<Socket, "destroy" | "destroyed">;

export class AcceptGate<Connection extends Waiting> {
  readonly #clock: Clock;
  readonly #limits: AcceptLimits;
  readonly #admit: (socket: Connection) => void;
  readonly #queue: Connection[] = [];
  #tokens: number;
  #filledMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, limits: AcceptLimits, admit: (socket: Connection) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#admit = admit;
    this.#tokens = limits.burst;
    this.#filledMs = clock.monotonicMs();
  }

  get waiting(): number {
    return this.#queue.length;
  }

  offer(socket: Connection): void {
    if (this.#queue.length >= this.#limits.queueLimit) {
      socket.destroy();
      return;
    }
    this.#queue.push(socket);
    this.#drain();
  }

  close(): void {
    this.#timer?.cancel();
    for (const socket of this.#queue.splice(0)) socket.destroy();
  }

  #drain(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + ((nowMs - this.#filledMs) * this.#limits.perSecond) / 1000);
    this.#filledMs = nowMs;
    while (this.#tokens >= 1) {
      const socket = this.#queue.shift();
      if (!socket) return;
      if (socket.destroyed) continue;
      this.#tokens -= 1;
      this.#admit(socket);
    }
    if (this.#queue.length === 0 || this.#timer) return;
    this.#timer = this.#clock.after(Math.max(1, 1000 / this.#limits.perSecond), () => {
      this.#timer = undefined;
      this.#drain();
    });
  }
}
