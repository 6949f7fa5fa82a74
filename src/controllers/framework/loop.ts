// The one loop that runs every controller: takes a key, looks, plans, acts, records the decision, and sees to retries.
// Invariant: one key is never planned twice at once, nor before its last writes can be seen; one poisoned key never stops the others.
// Called by: define.ts. Next on the way: act.ts for the actions, decisions.ts for the record.

import { ApiError } from "#api";
import { type AnyObject, type Client, type Informer, keyOf, type Live, type Recorder, WorkQueue } from "#client";
import { AssertionFailed, type Clock, type Counter, type Log, newSpanContext, type Prng, type SpanContext, type SpanSink } from "#lib";
import { act, type ActContext } from "./act.ts";
import type { DecisionSink, Woken } from "./decisions.ts";
import { Freshness } from "./freshness.ts";
import { type Action, describe, type Plan } from "./plan.ts";

/** What a controller looked at before it planned. */
export interface Observed {
  /** For the decision record and for events about a failing pass: the object that the key names comes first. */
  readonly saw: readonly Live<AnyObject>[];
}

export interface LoopParts<Seen extends Observed> {
  readonly name: string;
  readonly workers: number;
  /** Undefined: the object is gone and there is nothing to do. */
  observe(key: string): Promise<Seen | undefined> | Seen | undefined;
  plan(seen: Seen, now: { nowMs: number }): Plan;
}

export interface LoopContext {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly spans: SpanSink;
  readonly decisions: DecisionSink;
  readonly failures: Counter;
}

const wokenLimit = 8;
/** How long a key waits for its own writes before it looks again: the informers' next event wakes it sooner. */
const freshnessRetryMs = 1000;

export class Loop<Seen extends Observed> {
  readonly #parts: LoopParts<Seen>;
  readonly #context: LoopContext;
  readonly #queue: WorkQueue;
  readonly #freshness: Freshness;
  readonly #woken = new Map<string, Woken[]>();

  constructor(parts: LoopParts<Seen>, context: LoopContext, informers: ReadonlyMap<string, Informer<AnyObject>>) {
    this.#parts = parts;
    this.#context = context;
    this.#queue = new WorkQueue(context.clock);
    this.#freshness = new Freshness(informers);
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  enqueue(key: string, woken: Woken): void {
    this.#note(key, woken);
    this.#queue.add(key);
  }

  enqueueAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs);
  }

  /** An informer has moved: whoever waits to see its own write looks again. */
  moved(resource: string): void {
    for (const key of this.#freshness.waitingFor(resource)) {
      if (this.#freshness.fresh(key, this.#context.clock.monotonicMs())) this.#queue.add(key);
    }
  }

  start(): void {
    for (let worker = 0; worker < this.#parts.workers; worker++) void this.#work();
  }

  close(): void {
    this.#queue.close();
    this.#woken.clear();
  }

  #note(key: string, woken: Woken): void {
    const known = this.#woken.get(key);
    if (!known) this.#woken.set(key, [woken]);
    else if (known.length < wokenLimit) known.push(woken);
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.get();
      if (key === undefined) return;
      try {
        await this.#process(key);
      } catch (error) {
        this.#context.log.error("a control loop failed outside of its pass", { controller: this.#parts.name, key, error });
        this.#queue.addRateLimited(key);
      }
      this.#queue.done(key);
    }
  }

  async #process(key: string): Promise<void> {
    const { clock, prng } = this.#context;
    if (!this.#freshness.fresh(key, clock.monotonicMs())) {
      this.#queue.addAfter(key, freshnessRetryMs);
      return;
    }
    const woken = this.#woken.get(key) ?? [{ name: "timer" }];
    this.#woken.delete(key);
    const parent = woken.find((one) => one.cause)?.cause;
    const pass = new Pass(this.#parts, this.#context, this.#freshness, key, woken, newSpanContext(prng, parent), parent);
    const outcome = await pass.run();
    if (outcome.gone) this.#freshness.forget(key);
    if (outcome.error === undefined) {
      this.#queue.forget(key);
      if (outcome.requeueAfterMs !== undefined) this.#queue.addAfter(key, outcome.requeueAfterMs);
      return;
    }
    // The next attempt has the same reasons as this one.
    for (const one of woken) this.#note(key, one);
    const delayMs = this.#queue.addRateLimited(key);
    this.#context.log.debug("a key is tried again", { controller: this.#parts.name, key, delayMs, error: outcome.error });
  }
}

interface Outcome {
  gone: boolean;
  error?: unknown;
  requeueAfterMs?: number;
}

/** One pass over one key. */
class Pass<Seen extends Observed> {
  readonly #parts: LoopParts<Seen>;
  readonly #context: LoopContext;
  readonly #freshness: Freshness;
  readonly #key: string;
  readonly #woken: readonly Woken[];
  readonly #span: SpanContext;
  readonly #parent: SpanContext | undefined;
  readonly #done: string[] = [];
  #saw: readonly Live<AnyObject>[] = [];

  constructor(
    parts: LoopParts<Seen>,
    context: LoopContext,
    freshness: Freshness,
    key: string,
    woken: readonly Woken[],
    span: SpanContext,
    parent?: SpanContext,
  ) {
    this.#parts = parts;
    this.#context = context;
    this.#freshness = freshness;
    this.#key = key;
    this.#woken = woken;
    this.#span = span;
    this.#parent = parent;
  }

  async run(): Promise<Outcome> {
    const { clock } = this.#context;
    const startMs = clock.nowMs();
    let decision = "the object is gone";
    const outcome: Outcome = { gone: false };
    try {
      const seen = await this.#parts.observe(this.#key);
      this.#saw = seen?.saw ?? [];
      outcome.gone = seen === undefined;
      if (seen !== undefined) {
        const plan = this.#parts.plan(seen, { nowMs: clock.nowMs() });
        decision = plan.decision;
        if (plan.requeueAfterMs !== undefined) outcome.requeueAfterMs = plan.requeueAfterMs;
        await this.#carryOut(plan);
      }
    } catch (error) {
      outcome.error = error;
      this.#failed(error);
    }
    this.#record(startMs, decision, outcome);
    return outcome;
  }

  async #carryOut(plan: Plan): Promise<void> {
    let failure: unknown;
    try {
      for (const action of plan.actions) await this.#act(action);
    } catch (error) {
      failure = error;
      if (!(error instanceof ApiError)) throw error;
    }
    const refused = failure as ApiError | undefined;
    for (const action of plan.finish?.(refused) ?? []) await this.#act(action);
    if (refused) throw refused;
  }

  async #act(action: Action): Promise<void> {
    const { clock } = this.#context;
    const context: ActContext = {
      ...this.#context,
      component: this.#parts.name,
      span: this.#span,
      causes: this.#woken.map((one) => one.revision).filter((revision) => revision !== undefined),
      wrote: (resource, stored) => this.#freshness.wrote(this.#key, resource, stored, clock.monotonicMs()),
      removed: (resource, key, uid) => this.#freshness.removed(this.#key, resource, { key, uid }, clock.monotonicMs()),
    };
    this.#done.push(describe(action));
    await act(action, context);
  }

  /** An answer of the API server is the day's work; anything else is a bug of ours or a poisoned object, and is told. */
  #failed(error: unknown): void {
    if (error instanceof ApiError || (error instanceof Error && error.name === "TransportError")) return;
    const { log, recorder, failures } = this.#context;
    const kind = error instanceof AssertionFailed ? "assertion" : "exception";
    failures.add({ controller: this.#parts.name, kind });
    log.error("a plan failed", { controller: this.#parts.name, key: this.#key, error });
    const [about] = this.#saw;
    const message = error instanceof Error ? error.message : String(error);
    if (about) recorder.event(about, "Warning", "ReconcileFailed", `${this.#parts.name}: ${message}`);
  }

  #record(startMs: number, decision: string, outcome: Outcome): void {
    const { clock, spans, decisions } = this.#context;
    const endMs = clock.nowMs();
    const { name } = this.#parts;
    const saw = this.#saw.map((object) => `${object.kind} ${keyOf(object)}@${object.metadata.resourceVersion}`);
    const failure =
      outcome.error === undefined ? {} : { error: outcome.error instanceof Error ? outcome.error.message : JSON.stringify(outcome.error) };
    decisions.record({
      controller: name,
      key: this.#key,
      atMs: startMs,
      tookMs: endMs - startMs,
      span: this.#span,
      woken: this.#woken,
      saw,
      actions: this.#done,
      decision,
      ...failure,
    });
    const causes = this.#woken.map((one) => (one.revision === undefined ? one.name : `${one.name}@${one.revision}`));
    const attributes = {
      key: this.#key,
      causes,
      saw: saw.slice(0, wokenLimit),
      decision,
      actions: this.#done.slice(0, wokenLimit),
      ...failure,
    };
    const parent = this.#parent ? { parentSpanId: this.#parent.spanId } : {};
    spans.record({ ...this.#span, ...parent, name: `reconcile ${name}`, component: name, startMs, endMs, attributes });
  }
}
