// The shell around the decision: informers in, one decision after another, bindings out.
// Invariant: a pod is assumed on its node before its binding is sent, so that the next decision already counts it.
// Called by: compose/. Next on the way: queue.ts (which pod), cycle.ts (which node), binder.ts (telling the API server).

import type { Node, Pod } from "#api";
import { type Client, type Recorder, type Informer, informer, type Live } from "#client";
import { type Clock, type Log, type MetricRegistry, newSpanContext, type Prng, Slicer, type SpanContext, type SpanSink } from "#lib";
import { bind, evict, reportUnschedulable } from "./binder.ts";
import { Cluster } from "./cluster.ts";
import { type Decision, decide } from "./cycle.ts";
import type { ClusterChange, Plugin } from "./framework.ts";
import { rejectionMessage } from "./message.ts";
import { preempt, type PreemptionResult } from "./preemption.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { VerdictMemory } from "./verdicts.ts";
import { viewPod } from "./views.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly spans: SpanSink;
  readonly plugins?: readonly Plugin[];
  /** Pods that ask for another scheduler are left alone. */
  readonly schedulerName?: string;
}

export interface Scheduler {
  start(): void;
  readonly synced: Promise<void>;
  close(): void;
}

const maxBindingsInFlight = 64;
const finished = (pod: Live<Pod>): boolean => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

export function createScheduler(options: SchedulerOptions): Scheduler {
  return new RunningScheduler(options);
}

class RunningScheduler implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #plugins: readonly Plugin[];
  readonly #cluster = new Cluster();
  readonly #queue: SchedulingQueue;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #attempts;
  readonly #duration;
  readonly #memory = new VerdictMemory();
  #offset = 0;
  #bindingsInFlight = 0;
  #pumping = false;
  #closed = false;

  constructor(options: SchedulerOptions) {
    const { client, clock, prng, log, metrics } = options;
    this.#options = options;
    this.#plugins = options.plugins ?? defaultPlugins;
    this.#queue = new SchedulingQueue(clock, () => this.#pump());
    this.#pods = informer<Pod>(client, "pods", { clock, prng, log });
    this.#nodes = informer<Node>(client, "nodes", { clock, prng, log });
    this.#attempts = metrics.counter("scheduler_schedule_attempts_total", "Scheduling attempts by result.");
    this.#duration = metrics.histogram(
      "scheduler_scheduling_algorithm_duration_seconds",
      "Time of one decision.",
      [0.0001, 0.001, 0.01, 0.1, 1],
    );
  }

  get synced(): Promise<void> {
    return Promise.all([this.#pods.synced, this.#nodes.synced]).then(() => undefined);
  }

  start(): void {
    this.#nodes.on({
      added: (node) => this.#nodeChanged(node, "node added"),
      updated: (old, node) => this.#nodeUpdated(old, node),
      deleted: (node) => this.#cluster.removeNode(node.metadata.name),
    });
    this.#pods.on({
      added: (pod, cause) => this.#podChanged(undefined, pod, cause),
      updated: (old, pod, cause) => this.#podChanged(old, pod, cause),
      deleted: (pod) => this.#podGone(pod),
    });
    this.#nodes.start();
    this.#pods.start();
    void this.synced.then(() => this.#pump());
  }

  close(): void {
    this.#closed = true;
    this.#pods.close();
    this.#nodes.close();
    this.#queue.close();
  }

  #nodeChanged(node: Live<Node>, change: ClusterChange): void {
    this.#cluster.setNode(node);
    this.#queue.changed(change, node.metadata.resourceVersion);
  }

  /** A heartbeat changes nothing that a plugin reads: it must not wake every parked pod. */
  #nodeUpdated(old: Live<Node>, node: Live<Node>): void {
    const relevant = (one: Live<Node>): string => JSON.stringify([one.spec, one.metadata.labels, one.status?.allocatable]);
    if (relevant(old) !== relevant(node)) this.#nodeChanged(node, "node changed");
  }

  #podChanged(old: Live<Pod> | undefined, pod: Live<Pod>, cause: SpanContext | undefined): void {
    const { uid, resourceVersion } = pod.metadata;
    if (finished(pod)) return this.#podGone(pod);
    if (pod.spec?.nodeName) {
      this.#cluster.setBoundPod(pod);
      this.#queue.remove(uid);
      return;
    }
    const mine = (pod.spec?.schedulerName ?? "default-scheduler") === (this.#options.schedulerName ?? "default-scheduler");
    const gated = (pod.spec?.schedulingGates ?? []).length > 0;
    if (!mine || gated || pod.metadata.deletionTimestamp) return this.#queue.remove(uid);
    if (this.#cluster.isPlaced(uid)) return;
    // Our own status write comes back as an update; only a new spec or new labels are worth a new attempt.
    const relevant = (one: Live<Pod>): string => JSON.stringify([one.spec, one.metadata.labels]);
    if (old && relevant(old) === relevant(pod)) return;
    this.#queue.put(viewPod(pod), { reason: old ? "pod changed" : "pod added", revision: resourceVersion, ...(cause ? { cause } : {}) });
  }

  #podGone(pod: Live<Pod>): void {
    this.#queue.remove(pod.metadata.uid);
    if (this.#cluster.removePod(pod.metadata.uid)) this.#queue.changed("pod removed", pod.metadata.resourceVersion);
  }

  /** Decides until the queue is empty or enough bindings are under way; gives the event loop back every few milliseconds. */
  #pump(): void {
    if (this.#pumping || this.#closed || !this.#pods.hasSynced || !this.#nodes.hasSynced) return;
    this.#pumping = true;
    void this.#run()
      .catch((error: unknown) => this.#options.log.error("the scheduling loop failed", { error }))
      .finally(() => {
        this.#pumping = false;
        if (this.#queue.sizes.active > 0 && this.#bindingsInFlight < maxBindingsInFlight) this.#pump();
      });
  }

  async #run(): Promise<void> {
    const slicer = new Slicer(this.#options.clock);
    await slicer.turn();
    while (!this.#closed && this.#bindingsInFlight < maxBindingsInFlight) {
      const pod = this.#queue.take();
      if (!pod) return;
      try {
        this.#schedule(pod);
      } catch (error) {
        // One pod's poison is that pod's trouble: it backs off, the loop goes on. (architecture decision 18)
        this.#options.log.error("a scheduling decision failed", { pod: pod.view.key, error });
        this.#queue.retry(pod, "the decision failed");
      }
      if (slicer.spent) await slicer.turn();
    }
  }

  #schedule(pod: QueuedPod): void {
    const { clock, prng } = this.#options;
    const startMs = clock.nowMs();
    const startedMs = clock.monotonicMs();
    const nodes = this.#cluster.nodes();
    const assumed = this.#cluster.assumedUids();
    const offset = nodes.length === 0 ? 0 : this.#offset % nodes.length;
    const seed = prng.between(0, 0x7fffffff);
    const input = { pod: pod.view, nodes, few: this.#cluster.few(), plugins: this.#plugins, offset, seed, memory: this.#memory };
    const decision = decide(input);
    const preemption = decision.node === undefined && nodes.length > 0 ? preempt(input, decision) : undefined;
    const words =
      decision.node === undefined ? rejectionMessage(decision, preemption?.node === undefined ? preemption?.message : undefined) : "";
    this.#offset = offset + decision.evaluatedNodes;
    this.#duration.observe((clock.monotonicMs() - startedMs) / 1000);
    const span = newSpanContext(prng, pod.wake.cause);
    this.#options.spans.record({
      ...span,
      ...(pod.wake.cause ? { parentSpanId: pod.wake.cause.spanId } : {}),
      name: "schedule pod",
      component: "kube-scheduler",
      startMs,
      endMs: clock.nowMs(),
      attributes: {
        key: `pods/${pod.view.key}`,
        saw: [`pods/${pod.view.key}@${pod.view.resourceVersion}`, `nodes@${this.#nodes.resourceVersion}`],
        wake: pod.wake.reason,
        causes: pod.wake.revision ? [Number(pod.wake.revision)] : [],
        assumed,
        offset,
        seed,
        attempt: pod.attempts,
        decision: decision.node !== undefined ? `bind to ${decision.node}` : words,
        ...(preemption?.node === undefined ? {} : { evicts: preemption.victims.map((victim) => victim.key), on: preemption.node }),
      },
    });
    void this.#carryOut(pod, decision, preemption, words, span);
  }

  async #carryOut(
    pod: QueuedPod,
    decision: Decision,
    preemption: PreemptionResult | undefined,
    words: string,
    span: SpanContext,
  ): Promise<void> {
    const { log } = this.#options;
    const context = { span, causes: [Number(pod.view.resourceVersion), ...(pod.wake.revision ? [Number(pod.wake.revision)] : [])] };
    if (decision.node === undefined) {
      this.#attempts.add({ result: "unschedulable" });
      const changes = this.#plugins.filter((plugin) => decision.plugins.has(plugin.name)).flatMap((plugin) => plugin.retryAfter);
      const hoped: readonly ClusterChange[] = preemption?.node === undefined ? [] : ["pod removed"];
      this.#queue.park(pod, new Set<ClusterChange>(["node added", ...changes, ...hoped]));
      try {
        await reportUnschedulable(this.#options, pod.view, words, context, preemption?.node);
        // Once they have left, "pod removed" wakes the pod that they made room for.
        if (preemption?.node !== undefined) await evict(this.#options, pod.view, preemption.node, preemption.victims, context);
      } catch (error) {
        log.warn("could not report a pod as unschedulable", { pod: pod.view.key, error });
      }
      return;
    }
    this.#cluster.assume(pod.view, decision.node);
    this.#bindingsInFlight += 1;
    try {
      const bound = await bind(this.#options, pod.view, decision.node, context);
      this.#attempts.add({ result: bound ? "scheduled" : "error" });
      if (bound) this.#queue.done(pod.view.uid);
      else this.#giveBack(pod);
    } catch (error) {
      this.#attempts.add({ result: "error" });
      log.warn("binding failed", { pod: pod.view.key, node: decision.node, error });
      this.#giveBack(pod);
    } finally {
      this.#bindingsInFlight -= 1;
      this.#pump();
    }
  }

  /** The room is free again; the pod is tried again if it is still there and still unbound. */
  #giveBack(pod: QueuedPod): void {
    this.#cluster.forget(pod.view.uid);
    const current = this.#pods.store.get(pod.view.key);
    if (current?.metadata.uid === pod.view.uid && !current.spec?.nodeName) this.#queue.retry(pod, "binding failed");
    else this.#queue.done(pod.view.uid);
  }
}
