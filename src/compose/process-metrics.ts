// What a process tells of itself under /metrics: CPU, memory, and how long its event loop was stuck.
// Invariant: the event loop is only watched while somebody asks; the watching is off again a minute after the last question.
// Called by: control-plane.ts, simulated-nodes.ts, node.ts. Next on the way: lib/metrics.ts.

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, MetricRegistry, Timer } from "#lib";

const resolutionMs = 5;
const watchedMs = 60_000;

/** Figures are those since the last scrape, as prom-client has them: the first scrape starts the watching. */
export function processMetrics(metrics: MetricRegistry, clock: Clock): void {
  const cpu = metrics.counter("process_cpu_seconds_total", "User and system time");
  const memory = metrics.gauge("process_resident_memory_bytes", "Resident memory");
  const lag = {
    p50: metrics.gauge("nodejs_eventloop_lag_p50_seconds", "How late the event loop is, since the last scrape"),
    p99: metrics.gauge("nodejs_eventloop_lag_p99_seconds", "How late the event loop is, since the last scrape"),
    max: metrics.gauge("nodejs_eventloop_lag_max_seconds", "How late the event loop is, since the last scrape"),
  };
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  let told = 0;
  let end: Timer | undefined;
  const late = (nanoseconds: number): number => Math.max(0, (nanoseconds || 0) / 1e9 - resolutionMs / 1000);
  metrics.collect(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.add({}, seconds - told);
    told = seconds;
    memory.set(process.memoryUsage.rss());
    lag.p50.set(late(histogram.percentile(50)));
    lag.p99.set(late(histogram.percentile(99)));
    lag.max.set(histogram.count === 0 ? 0 : late(histogram.max));
    histogram.reset();
    histogram.enable();
    end?.cancel();
    end = clock.after(watchedMs, () => histogram.disable());
  });
}
