// Moves a virtual clock: a step of so long, or a flow at so many times the machine's speed; between two timers the world comes to rest.
// Invariant: one mover at a time; a step ends exactly at its end, or says why it stopped short; time that stands still stays so.
// Called by: world.ts (the way to the first Ready node), control.ts (what a person asks for). Next on the way: clock.ts, rest.ts.

import type { Clock, Timer } from "#lib";
import type { VirtualClock } from "./clock.ts";
import { Resting } from "./rest.ts";

export interface DriverLimits {
  /** Timers that fire in one and the same moment: more is a loop without a delay. */
  readonly sameMoment: number;
  /** How often a flow is caught up with. */
  readonly tickMs: number;
}

export const driverLimits: DriverLimits = { sameMoment: 100_000, tickMs: 20 };

export interface Moved {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fired: number;
  /** Of the machine's time. */
  readonly tookMs: number;
  /** Asked to stop before the end. */
  readonly short: boolean;
}

export interface ClockView {
  readonly nowMs: number;
  readonly sinceStartMs: number;
  readonly state: "paused" | "stepping" | "running";
  /** Virtual seconds in a second, while running. */
  readonly rate?: number;
  readonly waiting: number;
  readonly nextInMs?: number;
  readonly fired: number;
}

/** What a person asked for and cannot have, in words. */
export class ClockRefusal extends Error {
  override name = "ClockRefusal";
}

interface Flow {
  readonly rate: number;
  readonly ended: Promise<void>;
  stop: boolean;
  /** Between two ticks. */
  timer: Timer | undefined;
}

export class Driver {
  readonly #clock: VirtualClock;
  readonly #real: Clock;
  readonly #resting: Resting;
  readonly #limits: DriverLimits;
  readonly #failed: (error: unknown) => void;
  #stepping: { readonly ended: Promise<void>; stop: boolean } | undefined;
  #flow: Flow | undefined;

  /** `failed`: a flow that nobody waits for could not go on. */
  constructor(clock: VirtualClock, real: Clock, failed: (error: unknown) => void, limits: DriverLimits = driverLimits) {
    this.#clock = clock;
    this.#real = real;
    this.#resting = new Resting(() => real.monotonicMs());
    this.#failed = failed;
    this.#limits = limits;
  }

  /** Everything that needs no time has happened. */
  settled(): Promise<void> {
    return this.#resting.rest();
  }

  view(): ClockView {
    const { nextMs } = this.#clock;
    const nowMs = this.#clock.nowMs();
    return {
      nowMs,
      sinceStartMs: this.#clock.monotonicMs(),
      state: this.#flow ? "running" : this.#stepping ? "stepping" : "paused",
      ...(this.#flow ? { rate: this.#flow.rate } : {}),
      waiting: this.#clock.waiting,
      ...(nextMs === undefined ? {} : { nextInMs: nextMs - nowMs }),
      fired: this.#clock.fired,
    };
  }

  /** Time passes until `byMs` have, or `enough` says so after a timer. */
  async step(byMs: number, enough: () => boolean = () => false): Promise<Moved> {
    if (!(byMs >= 0) || !Number.isFinite(byMs)) throw new ClockRefusal("a step is a length of time, and not backwards");
    if (this.#flow) throw new ClockRefusal(`time flows already, at ×${this.#flow.rate}; pause it first`);
    if (this.#stepping) throw new ClockRefusal("another step is being taken; wait for it, or pause");
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const stepping = { ended, stop: false };
    this.#stepping = stepping;
    try {
      return await this.#advance(this.#clock.nowMs() + byMs, () => stepping.stop || enough());
    } finally {
      this.#stepping = undefined;
      resolve();
    }
  }

  /** Time flows, until it is paused. Where the machine is too slow, time is late rather than wrong. */
  run(rate: number): void {
    if (!(rate > 0) || !Number.isFinite(rate)) throw new ClockRefusal("a rate is a number above 0, such as x10");
    if (this.#stepping) throw new ClockRefusal("a step is being taken; wait for it, or pause");
    const before = this.#flow;
    if (before) before.stop = true;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const flow: Flow = { rate, ended, stop: false, timer: undefined };
    this.#flow = flow;
    let lastMs = this.#real.monotonicMs();
    let owedMs = 0;
    const tick = async (): Promise<void> => {
      flow.timer = undefined;
      const nowMs = this.#real.monotonicMs();
      // A machine that was asleep, or too slow for the rate, does not make the flow jump.
      owedMs += Math.min(nowMs - lastMs, this.#limits.tickMs * 10) * rate;
      lastMs = nowMs;
      const wholeMs = Math.floor(owedMs);
      owedMs -= wholeMs;
      if (!flow.stop) await this.#advance(this.#clock.nowMs() + wholeMs, () => flow.stop);
      if (flow.stop) return resolve();
      flow.timer = this.#real.after(this.#limits.tickMs, again);
    };
    const again = (): void =>
      void tick().catch((error: unknown) => {
        if (this.#flow === flow) this.#flow = undefined;
        this.#failed(error);
        resolve();
      });
    void (before?.ended ?? Promise.resolve()).then(again);
  }

  /** Resolves when time stands still. A step that is being taken ends short. */
  async pause(): Promise<void> {
    const [flow, stepping] = [this.#flow, this.#stepping];
    if (stepping) stepping.stop = true;
    await stepping?.ended;
    if (!flow) return;
    flow.stop = true;
    const { timer } = flow;
    timer?.cancel();
    if (!timer) await flow.ended;
    if (this.#flow === flow) this.#flow = undefined;
  }

  async #advance(untilMs: number, stopped: () => boolean): Promise<Moved> {
    const clock = this.#clock;
    const [fromMs, firedBefore, realFrom] = [clock.nowMs(), clock.fired, this.#real.monotonicMs()];
    let [momentMs, inMoment] = [fromMs, 0];
    await this.settled();
    let short = stopped();
    while (!short) {
      const nextMs = clock.nextMs;
      if (nextMs === undefined || nextMs > untilMs) break;
      clock.fireNext();
      inMoment = clock.nowMs() === momentMs ? inMoment + 1 : 0;
      momentMs = clock.nowMs();
      if (inMoment >= this.#limits.sameMoment)
        throw new ClockRefusal(
          `${inMoment} timers fired at ${new Date(momentMs).toISOString()} and there are still more: time cannot go on`,
        );
      await this.settled();
      short = stopped();
    }
    if (!short) clock.moveTo(Math.max(untilMs, clock.nowMs()));
    return { fromMs, toMs: clock.nowMs(), fired: clock.fired - firedBefore, tookMs: this.#real.monotonicMs() - realFrom, short };
  }
}
