// The small tools every layer uses, a few lines each.
// Invariant: each row fails without the code it names.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BoundedQueue,
  createLog,
  formatTraceparent,
  ManualClock,
  MetricRegistry,
  nameSuffix,
  newSpanContext,
  own,
  parseTraceparent,
  Slicer,
  seededPrng,
  SpanRing,
  uuid,
} from "./index.ts";

test("own sees only what somebody put there", () => {
  const labels = JSON.parse('{"__proto__": "p", "a": "1"}') as Record<string, string>;
  assert.equal(own(labels, "a"), "1");
  assert.equal(own(labels, "__proto__"), "p");
  assert.equal(own(labels, "constructor"), undefined);
  assert.equal(own(undefined, "a"), undefined);
});

test("equal seeds give equal chances; suffixes and uuids have their form", () => {
  const draw = (seed: number): number[] => {
    const prng = seededPrng(seed);
    return Array.from({ length: 5 }, () => prng.between(0, 1000));
  };
  assert.deepEqual(draw(42), draw(42));
  assert.notDeepEqual(draw(42), draw(43));
  assert.match(nameSuffix(seededPrng(1)), /^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.match(uuid(seededPrng(1)), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a full queue says no, an ended one delivers what it has", async () => {
  const queue = new BoundedQueue<number>(2);
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
  queue.end();
  assert.equal(queue.push(4), false);
  const got: number[] = [];
  for await (const item of queue) got.push(item);
  assert.deepEqual(got, [1, 2]);
});

test("a queue that ends with an error throws it after its last item", async () => {
  const queue = new BoundedQueue<number>(2);
  const taken = queue.takeAll();
  queue.push(1);
  assert.deepEqual(await taken, [1]);
  queue.end(new Error("cut"));
  await assert.rejects(queue.takeAll(), /cut/);
});

test("a slicer says when its budget is spent", () => {
  const clock = new ManualClock();
  const slicer = new Slicer(clock, 5);
  assert.equal(slicer.spent, false);
  clock.advance(5);
  assert.equal(slicer.spent, true);
});

test("a log line is JSON with its fields; below the level there is none", () => {
  const lines: string[] = [];
  const log = createLog(new ManualClock(0), (line) => lines.push(line), "info").with({ component: "x" });
  log.debug("hidden");
  log.warn("seen", { error: new Error("boom"), revision: 5n });
  const [line] = lines.map((text) => JSON.parse(text) as Record<string, unknown> & { error: { message: string } });
  assert.equal(lines.length, 1);
  assert.deepEqual(
    [line?.["time"], line?.["level"], line?.["component"], line?.["revision"]],
    ["1970-01-01T00:00:00.000Z", "warn", "x", "5"],
  );
  assert.equal(line?.error.message, "boom");
});

test("metrics in Prometheus' text form", () => {
  const metrics = new MetricRegistry();
  metrics.counter("requests_total", "Requests.").add({ verb: "get" });
  metrics.counter("requests_total", "Requests.").add({ verb: "get" }, 2);
  metrics.gauge("depth", "Depth.").set(7);
  const seconds = metrics.histogram("seconds", "Time.", [0.1, 1]);
  seconds.observe(0.05);
  seconds.observe(5);
  assert.equal(
    metrics.text(),
    [
      "# HELP requests_total Requests.",
      "# TYPE requests_total counter",
      'requests_total{verb="get"} 3',
      "# HELP depth Depth.",
      "# TYPE depth gauge",
      "depth 7",
      "# HELP seconds Time.",
      "# TYPE seconds histogram",
      'seconds_bucket{le="0.1"} 1',
      'seconds_bucket{le="1"} 1',
      'seconds_bucket{le="+Inf"} 2',
      "seconds_sum 5.05",
      "seconds_count 2",
      "",
    ].join("\n"),
  );
});

test("traceparent there and back; zeros and nonsense are no trace", () => {
  const context = newSpanContext(seededPrng(7));
  assert.deepEqual(parseTraceparent(formatTraceparent(context)), context);
  assert.equal(newSpanContext(seededPrng(8), context).traceId, context.traceId);
  for (const header of [undefined, "", "00-xyz-1-01", `00-${"0".repeat(32)}-${"1".repeat(16)}-01`])
    assert.equal(parseTraceparent(header), undefined);
});

test("a span ring keeps the newest", () => {
  const ring = new SpanRing(2);
  const span = { ...newSpanContext(seededPrng(1)), name: "n", component: "c", startMs: 0, endMs: 1, attributes: {} };
  for (const name of ["a", "b", "c"]) ring.record({ ...span, name });
  assert.deepEqual(
    ring.spans.map(({ name }) => name),
    ["b", "c"],
  );
});
