// Why a write happens: the caller's trace, and the revisions that woke it, as they come in the headers.
// Invariant: every request has a cause; without a trace of its own it goes on with the trace of the first revision it names.
// Called by: pipeline.ts. Next on the way: the store, which keeps the cause beside the write; spans, for `dhow trace`.

import { newSpanContext, parseTraceparent, type Prng, type SpanContext } from "#lib";
import { type Cause, type Revision, revision as toRevision, type Store } from "#store";
import { type HttpRequest, header } from "#wire";

const maxCauses = 8;

/** `baggage: dhow.cause=12,15` among whatever else stands there. */
export function causesOf(baggage: string | undefined): Revision[] {
  if (baggage === undefined) return [];
  // A list inside a list: numbers that follow the key belong to it, up to the next key.
  const match = /(?:^|,)\s*dhow\.cause=([0-9]+(?:,[0-9]+)*)/.exec(baggage);
  const numbers = (match?.[1] ?? "")
    .split(",")
    .filter((text) => text !== "")
    .map(Number);
  return numbers
    .filter((one) => Number.isSafeInteger(one))
    .slice(0, maxCauses)
    .map((one) => toRevision(one));
}

/** The span of a request's `number`th part: counted on from the request's own, so that nothing has to be drawn for it. */
export function spanOfPart(spanId: string, number: number): string {
  const id = BigInt.asUintN(64, BigInt(`0x${spanId}`) + BigInt(number));
  // All zeros is no span.
  return (id === 0n ? 1n : id).toString(16).padStart(16, "0");
}

export interface RequestCause {
  readonly cause: Cause;
  readonly parent: SpanContext | undefined;
}

export function causeOf(request: HttpRequest, user: string, store: Store, prng: Prng): RequestCause {
  const causes = causesOf(header(request.headers, "baggage"));
  let parent = parseTraceparent(header(request.headers, "traceparent"));
  if (!parent && causes[0] !== undefined) {
    const earlier = store.causeOf(causes[0]);
    if (earlier) parent = { traceId: earlier.traceId, spanId: earlier.spanId };
  }
  const { traceId, spanId } = newSpanContext(prng, parent);
  return { cause: { user, traceId, spanId, causes }, parent };
}
