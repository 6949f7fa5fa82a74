// Correlation of events: equal ones are counted, similar ones are merged, and a flood is cut.
// Invariant: for one object at most 25 events at once and one per five minutes after that; memory is bounded by `keysLimit`.
// Called by: recorder.ts. Numbers and texts are those of client-go's events correlator, which people know from `kubectl describe`.

import { crc32 } from "node:zlib";
import type { Event, ObjectReference } from "#api";
import { type Clock, rfc3339 } from "#lib";
import type { WriteContext } from "./objects.ts";

export interface Occurrence {
  readonly involved: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
  readonly atMs: number;
  readonly context?: WriteContext;
}

/** What to write: a new event, or a patch of one that is already there. */
export interface Correlated {
  readonly key: string;
  readonly event: Event;
  readonly patch?: unknown;
}

const keysLimit = 4096;
const burst = 25;
const refillMs = 300_000;
const similarLimit = 10;
const similarWindowMs = 600_000;

interface Series {
  name: string;
  count: number;
  firstTimestamp: string;
}

/** A map that forgets its oldest entry beyond `keysLimit`. */
class Recent<Value> {
  readonly #entries = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > keysLimit) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

export class Correlator {
  readonly #clock: Clock;
  readonly #budgets = new Recent<{ tokens: number; atMs: number }>();
  readonly #similar = new Recent<{ messages: Set<string>; lastMs: number }>();
  readonly #series = new Recent<Series>();
  #lastMicros = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when this object has used up its share. */
  correlate(occurrence: Occurrence): Correlated | undefined {
    const { involved, type, reason, component, host = "" } = occurrence;
    const about = [component, host, involved.kind, involved.namespace, involved.name, involved.uid, involved.apiVersion].join("\n");
    const group = [about, involved.fieldPath, type, reason].join("\n");
    const { message, key } = this.#merge(group, occurrence);
    if (!this.#allowed(about)) return undefined;
    const known = this.#series.get(key);
    const count = (known?.count ?? 0) + 1;
    const now = rfc3339(occurrence.atMs);
    // The clock has milliseconds; two events of one object may fall into the same one and still need two names.
    this.#lastMicros = Math.max(Math.round(occurrence.atMs * 1000), this.#lastMicros + 1);
    // And so may two components that tell of one object: the nanoseconds are whose it is.
    const nanos = BigInt(this.#lastMicros) * 1000n + BigInt(crc32(`${component}\n${host}`) % 1000);
    const name = known?.name ?? `${involved.name}.${nanos.toString(16)}`;
    const event = newEvent(occurrence, message, { name, count, firstTimestamp: known?.firstTimestamp ?? now }, now);
    this.#series.set(key, { name, count, firstTimestamp: known?.firstTimestamp ?? now });
    return known ? { key, event, patch: { count, lastTimestamp: now, message } } : { key, event };
  }

  /** More than ten different messages of one kind within ten minutes become one. */
  #merge(group: string, { message, atMs }: Occurrence): { message: string; key: string } {
    let similar = this.#similar.get(group);
    if (!similar || atMs - similar.lastMs > similarWindowMs) similar = { messages: new Set(), lastMs: atMs };
    similar.lastMs = atMs;
    if (similar.messages.size < similarLimit) similar.messages.add(message);
    this.#similar.set(group, similar);
    if (similar.messages.has(message)) return { message, key: `${group}\n${message}` };
    return { message: `(combined from similar events): ${message}`, key: group };
  }

  #allowed(about: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const budget = this.#budgets.get(about) ?? { tokens: burst, atMs: nowMs };
    budget.tokens = Math.min(burst, budget.tokens + (nowMs - budget.atMs) / refillMs);
    budget.atMs = nowMs;
    this.#budgets.set(about, budget);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }
}

function newEvent(
  { involved, type, reason, component, host }: Occurrence,
  message: string,
  { name, count, firstTimestamp }: Series,
  now: string,
): Event {
  const namespace = involved.namespace === undefined || involved.namespace === "" ? "default" : involved.namespace;
  return {
    kind: "Event",
    apiVersion: "v1",
    // client-go's name: the object's, and the time in hexadecimal nanoseconds.
    metadata: { name, namespace },
    involvedObject: involved,
    reason,
    message,
    source: host === undefined ? { component } : { component, host },
    firstTimestamp,
    lastTimestamp: now,
    count,
    type,
    reportingComponent: component,
    reportingInstance: host ?? "",
  };
}
