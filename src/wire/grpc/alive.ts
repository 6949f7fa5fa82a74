// Whether the other end of a connection is still there: a machine that lost its power says nothing, and neither does a process that stands still.
// Invariant: a connection that is silent for `silenceMs` is asked; one that does not answer in `answerMs` is destroyed.
// Never asked more often than etcd's servers allow (each 5 s, and only with something open), who else end the connection. Called by: channel.ts.
// Next on the way: channel.ts, whose calls then end.

import type { ClientHttp2Session } from "node:http2";
import type { Clock, Timer } from "#lib";

const silenceMs = 10_000;
const answerMs = 3000;
const betweenMs = 6000;

export class Alive {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #open: () => boolean;
  #heardMs: number;
  #askedMs = -Infinity;
  #waiting: Timer | undefined;
  #next: Timer | undefined;

  /** `open`: somebody waits for something on this connection. */
  constructor(session: ClientHttp2Session, clock: Clock, open: () => boolean) {
    this.#open = open;
    this.#session = session;
    this.#clock = clock;
    this.#heardMs = clock.monotonicMs();
    this.#later(silenceMs);
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  #later(afterMs: number): void {
    this.#next = this.#clock.after(afterMs, () => {
      const silentMs = this.#clock.monotonicMs() - this.#heardMs;
      if (silentMs >= silenceMs && this.#open()) this.ask();
      this.#later(silentMs >= silenceMs ? silenceMs : silenceMs - silentMs);
    });
  }

  /** Somebody waits longer than usual. */
  ask(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#waiting || this.#session.destroyed || nowMs - this.#askedMs < betweenMs) return;
    this.#askedMs = nowMs;
    this.#waiting = this.#clock.after(answerMs, () => this.#session.destroy(new Error("the server does not answer")));
    this.#session.ping((error) => {
      this.#waiting?.cancel();
      this.#waiting = undefined;
      if (!error) this.heard();
    });
  }

  stop(): void {
    this.#waiting?.cancel();
    this.#next?.cancel();
  }
}
