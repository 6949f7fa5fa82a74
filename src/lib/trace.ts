// Spans: who did what, when, under which trace. The form in which every component tells what it did.
// Invariant: a span is recorded once, when it ends; a sink never throws and never waits.
// Called by: apiserver, control loops, scheduler, kubelet. `dhow trace` reads the files the sinks write. See W3C Trace Context.

import type { Prng } from "./prng.ts";

/** The position in a trace: 32 hex digits of the trace, 16 of the span. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

export interface Span extends SpanContext {
  readonly parentSpanId?: string;
  /** What was done, as a verb and its object: `create pods`, `reconcile replicaset`, `cri RunPodSandbox`. */
  readonly name: string;
  readonly component: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
}

export interface SpanSink {
  record(span: Span): void;
}

export const noSpans: SpanSink = { record: () => undefined };

const hex = (prng: Prng, bytes: number): string => prng.bytes(bytes).toHex();

export function newSpanContext(prng: Prng, parent?: SpanContext): SpanContext {
  return { traceId: parent?.traceId ?? hex(prng, 16), spanId: hex(prng, 8) };
}

/** The header `traceparent`, version 00, sampled. */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-01`;
}

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

export function parseTraceparent(header: string | undefined): SpanContext | undefined {
  const match = header === undefined ? null : traceparentPattern.exec(header);
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return undefined;
  return { traceId: match[1]!, spanId: match[2]! };
}

/** Spans in memory, the newest `limit` of them: for tests and for a component's own debugging page. */
export class SpanRing implements SpanSink {
  readonly #limit: number;
  readonly spans: Span[] = [];

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  record(span: Span): void {
    this.spans.push(span);
    if (this.spans.length > this.#limit) this.spans.shift();
  }
}
