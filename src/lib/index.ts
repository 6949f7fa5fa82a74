// The door of lib/: what every layer may use and where no Kubernetes word may appear.
// Invariant: nothing here imports another layer.

export { AssertionFailed, assert, unreachable } from "./assert.ts";
export { type Clock, delay, ManualClock, rfc3339, rfc3339Micro, systemClock, type Timer } from "./clock.ts";
export type { JsonScalar, JsonValue } from "./json.ts";
export { plan, type Steps } from "./keep.ts";
export { createLog, type Log, type LogFields, type LogLevel, logLevels, silentLog } from "./log.ts";
export { type Counter, type Gauge, type Histogram, type MetricLabels, MetricRegistry } from "./metrics.ts";
export { own } from "./own.ts";
export { nameSuffix, type Prng, seededPrng, systemPrng, uuid } from "./prng.ts";
export { BoundedQueue } from "./queue.ts";
export { macrotask, Pacer, settled, Slicer } from "./slice.ts";
export { type Slots, slots } from "./slots.ts";
export {
  formatTraceparent,
  newSpanContext,
  noSpans,
  parseTraceparent,
  type Span,
  type SpanContext,
  SpanRing,
  type SpanSink,
} from "./trace.ts";
