// A span around each call to the runtime, in the trace of the pod that wanted it.
// Invariant: a call leaves exactly one span, also when it fails; recording never changes the call's outcome.
// Called by: grpc/client.ts and simulated/runtime.ts. Next on the way: compose/, which hands in the sink.

import { type Clock, newSpanContext, type Prng, type SpanSink } from "#lib";
import type { CallOptions } from "./contract.ts";
import { CriError } from "./errors.ts";

export interface CallRecorder {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly spans: SpanSink;
}

/** Runs `call` and records it as `cri <name>`; calls that belong to no trace leave nothing. */
export async function recordCall<Result>(
  recorder: CallRecorder,
  name: string,
  subject: string | undefined,
  options: CallOptions | undefined,
  call: () => Promise<Result>,
): Promise<Result> {
  const parent = options?.trace;
  if (!parent) return call();
  const startMs = recorder.clock.nowMs();
  const end = (outcome: string): void =>
    recorder.spans.record({
      ...newSpanContext(recorder.prng, parent),
      parentSpanId: parent.spanId,
      name: `cri ${name}`,
      component: "kubelet",
      startMs,
      endMs: recorder.clock.nowMs(),
      attributes: { outcome, ...(subject === undefined ? {} : { subject }) },
    });
  try {
    const result = await call();
    end("OK");
    return result;
  } catch (error) {
    end(error instanceof CriError ? error.code : "UNKNOWN");
    throw error;
  }
}
