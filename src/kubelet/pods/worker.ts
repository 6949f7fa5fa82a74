// One pod's worker: looks, plans, acts, tells; one pass at a time, as often as something changed.
// Invariant: passes of one pod never overlap; what is running is learnt from the runtime at every pass, never assumed.
// Called by: pods.ts (the manager). Next on the way: plan.ts, actions.ts, ../status/status.ts.

import { ApiError, type ObjectReference, type Pod } from "#api";
import type { Live, WriteContext } from "#client";
import { newSpanContext, type SpanContext, type Timer } from "#lib";
import { podCgroup } from "../containers/config.ts";
import type { NodeContext } from "../settings.ts";
import { podStatus } from "../status/status.ts";
import { terminationMessage } from "../status/termination.ts";
import { StatusWriter } from "../status/writer.ts";
import { type ActionContext, carryOut, isInit, refreshVolumes, removeSandbox } from "./actions.ts";
import type { Refusal } from "./admission.ts";
import { ExpectedExits } from "./expected-exits.ts";
import { newPodMemory, type PodMemory, restoreMemory } from "./memory.ts";
import { deadlineExceeded, isOver, type PodAction, type PodPlan, planPod } from "./plan.ts";
import { emptyRuntimePod, isRunningState, observe, type RuntimePod } from "./runtime.ts";
import { didWhat, onlyStatus, revisionOf, sameRevision, sameWords } from "./updates.ts";

export interface WorkerHooks {
  /** Calls wait here for their turn, so that a hundred pods do not start at once. */
  slot<Result>(work: () => Promise<Result>): Promise<Result>;
  /** The ids the runtime knows this pod's things by; container events find the worker through them. */
  identified(uid: string, ids: readonly string[]): void;
  /** After each look: probes follow what runs. */
  observed(pod: Pod, runtime: RuntimePod, memory: PodMemory): void;
  /** Why the node does not take the pod; undefined: it takes it, or has already. */
  admit(pod: Live<Pod>): Promise<Refusal | undefined>;
  gone(uid: string): void;
}

/** A failed pass is repeated after this, doubled each time. */
const retryMs = { first: 200, most: 60_000 } as const;

export class PodWorker {
  readonly uid: string;
  readonly memory: PodMemory = newPodMemory();
  readonly #node: NodeContext;
  readonly #hooks: WorkerHooks;
  #pod: Live<Pod> | undefined;
  #runtime: RuntimePod = emptyRuntimePod;
  #trace: SpanContext | undefined;
  #orphanGraceSeconds = 30;
  #dirty = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #closed = false;
  #abort = new AbortController();
  readonly #expectedExits: ExpectedExits;
  readonly #writer: StatusWriter;
  #untold = 0;

  constructor(uid: string, node: NodeContext, hooks: WorkerHooks) {
    this.uid = uid;
    this.#node = node;
    this.#hooks = hooks;
    this.#expectedExits = new ExpectedExits(node.clock, () => this.poke());
    this.#writer = new StatusWriter(node.client.resource<Pod>("pods"), {
      current: () => this.#pod,
      stored: (pod) => this.#stored(pod),
      failed: (error) => this.#notTold(error),
    });
  }

  get runtime(): RuntimePod {
    return this.#runtime;
  }

  /** The pod as the API server has it now; undefined: it has none. */
  update(pod: Live<Pod> | undefined, cause?: SpanContext): void {
    const before = this.#pod;
    if (!before && pod) restoreMemory(this.memory, pod);
    // The downward API shows labels and annotations in files.
    else if (before && pod && !sameWords(before, pod)) this.memory.volumesStale = true;
    if (before && !pod) this.#orphanGraceSeconds = before.metadata.deletionGracePeriodSeconds ?? 0;
    this.#pod = pod;
    const ends = !pod || pod.metadata.deletionTimestamp !== undefined;
    const wasEnding = before?.metadata.deletionTimestamp !== undefined;
    // Whatever is being started or pulled is no longer wanted.
    if (ends && before && !wasEnding && this.#running) this.#abort.abort(new Error("the pod is being deleted"));
    const sooner =
      wasEnding && (!pod || (pod.metadata.deletionGracePeriodSeconds ?? 0) < (before.metadata.deletionGracePeriodSeconds ?? 0));
    if (sooner) this.#hurry(this.#graceSeconds());
    if (before && pod && (sameRevision(before, pod) || (onlyStatus(before, pod) && this.#writer.isEcho(pod)))) return;
    if (cause) this.#trace ??= cause;
    this.poke();
  }

  /** Something may have changed: look again. */
  poke(): void {
    if (this.#closed) return;
    this.#dirty = true;
    this.#timer?.cancel();
    this.#running ??= this.#loop();
  }

  /** The runtime says a container has ended. */
  exited(containerId: string): void {
    this.#expectedExits.expect(containerId);
    this.poke();
  }

  /** Something that the pod's volumes hold has changed. */
  volumesChanged(): void {
    this.memory.volumesStale = true;
    this.poke();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#expectedExits.close();
    this.#abort.abort(new Error("the agent is closing"));
    await this.#running;
    await this.#writer.settled().catch(() => undefined);
  }

  async #loop(): Promise<void> {
    try {
      while (this.#dirty && !this.#closed) {
        this.#dirty = false;
        await this.#safePass();
      }
    } finally {
      this.#running = undefined;
    }
    // A poke between the last look at `dirty` and here would otherwise be lost.
    if (this.#dirty && !this.#closed) this.#running ??= this.#loop();
  }

  async #safePass(): Promise<void> {
    try {
      await this.#pass();
      this.#failures = 0;
    } catch (error) {
      if (this.#closed) return;
      if (this.#abort.signal.aborted) {
        this.#dirty = true;
        return;
      }
      const delayMs = Math.min(retryMs.first * 2 ** this.#failures++, retryMs.most);
      this.#node.log.warn("a pass over a pod failed", { pod: this.#pod?.metadata.name, uid: this.uid, retryMs: delayMs, error });
      this.#wakeAt(this.#node.clock.nowMs() + delayMs);
    } finally {
      if (this.#abort.signal.aborted && !this.#closed) this.#abort = new AbortController();
    }
  }

  #wakeAt(atMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#node.clock.after(Math.max(atMs - this.#node.clock.nowMs(), 0), () => this.poke());
  }

  #graceSeconds(): number {
    const { metadata, spec } = this.#pod ?? {};
    if (!metadata) return this.#orphanGraceSeconds;
    return metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30;
  }

  /** A shorter grace has arrived while containers are being stopped with a longer one. */
  #hurry(graceSeconds: number): void {
    for (const container of this.#runtime.containers.filter(isRunningState)) {
      this.#node.cri
        .stopContainer(container.id, graceSeconds)
        .catch((error: unknown) => this.#node.log.warn("could not hurry a stop", { error }));
    }
  }

  async #pass(): Promise<void> {
    const { node } = this;
    const parent = this.#trace;
    const span = newSpanContext(node.prng, parent);
    // Passes that follow from this one belong to its trace, until nothing is left to be done.
    this.#trace ??= span;
    const startMs = node.clock.nowMs();
    const causes = revisionOf(this.#pod);
    const options = { trace: span, signal: this.#abort.signal };
    const write: WriteContext = { span, causes };
    this.#runtime = await observe(node.cri, this.uid, {});
    this.#hooks.identified(
      this.uid,
      [...this.#runtime.sandboxes, ...this.#runtime.containers].map((one) => one.id),
    );
    const context = this.#actionContext(options, write);
    await this.#admit(context);
    const plan = this.#plan();
    if (plan.actions.length === 0) this.#expectedExits.observed(this.#runtime);
    this.#tellBackoffs(plan, context);
    this.#tellDeadline(plan, context);
    if (this.#pod) this.#hooks.observed(this.#pod, this.#runtime, this.memory);
    // Before anything long begins, what is known so far is told: ContainerCreating is a status too. Nothing waits for it to arrive.
    const told = this.#tell(plan, write);
    if (plan.actions.length > 0) {
      await this.#act(plan.actions, context);
      this.#dirty = true;
    } else if (plan.finished) await this.#finish(write);
    else {
      await this.#refresh(context);
      const times = [plan.wakeAtMs, this.memory.volumesRetry?.untilMs].filter((time) => time !== undefined);
      if (times.length > 0) this.#wakeAt(Math.min(...times));
    }
    if (plan.actions.length > 0 || told) this.#record(plan, span, parent, startMs, causes);
    if (plan.actions.length === 0 && !this.#dirty && this.#begun()) this.#trace = undefined;
  }

  /** Each of its containers has been started once: while init containers run or images are fetched, what comes next follows from the same cause. */
  #begun(): boolean {
    return this.#pod?.spec?.containers.every(({ name }) => this.#runtime.containers.some((one) => one.name === name)) ?? true;
  }

  async #admit(context: ActionContext): Promise<void> {
    const pod = this.#pod && this.#writer.view(this.#pod);
    const { phase } = pod?.status ?? {};
    if (!pod || this.memory.refused || phase === "Succeeded" || phase === "Failed") return;
    const refused = await this.#hooks.admit(pod);
    if (!refused) return;
    this.memory.refused = refused;
    context.event("Warning", refused.reason, refused.message);
  }

  /** Of a pod that runs; what starts sets its volumes up itself. */
  async #refresh(context: ActionContext): Promise<void> {
    const { memory } = this;
    const retry = memory.volumesRetry !== undefined && memory.volumesRetry.untilMs <= this.#node.clock.nowMs();
    if ((memory.volumesStale || retry) && this.#pod?.metadata.deletionTimestamp === undefined && this.#runtime.sandboxes[0]?.ready)
      await refreshVolumes(context);
  }

  #tellDeadline(plan: PodPlan, context: ActionContext): void {
    if (plan.failure !== deadlineExceeded || this.memory.toldDeadline) return;
    this.memory.toldDeadline = true;
    context.event("Normal", deadlineExceeded.reason, deadlineExceeded.message);
  }

  get node(): NodeContext {
    return this.#node;
  }

  #plan(): PodPlan {
    const { memory } = this;
    const pod = this.#pod && this.#writer.view(this.#pod);
    return planPod({ pod, runtime: this.#runtime, memory, nowMs: this.#node.clock.nowMs(), graceSeconds: this.#graceSeconds() });
  }

  /** One event for each back-off that begins. */
  #tellBackoffs(plan: PodPlan, context: ActionContext): void {
    const { name = "", namespace = "" } = this.#pod?.metadata ?? {};
    for (const { container, untilMs } of plan.backingOff) {
      if (this.memory.toldBackoffMs.get(container) === untilMs) continue;
      this.memory.toldBackoffMs.set(container, untilMs);
      const message = `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${this.uid})`;
      context.event("Warning", "BackOff", message, { name: container, init: isInit(this.#pod, container) });
    }
  }

  /** Stops go together; everything else in order. */
  async #act(actions: readonly PodAction[], context: ActionContext): Promise<void> {
    const stops = actions.filter((action) => action.do === "stopContainer");
    const ended = new Map(stops.map((action) => [action.container.name, Promise.withResolvers<void>()]));
    const stop = async (action: (typeof stops)[number]): Promise<void> => {
      const turn = action.after ? Promise.all(action.after.map((name) => ended.get(name)?.promise ?? Promise.resolve())) : undefined;
      try {
        await carryOut(action, context, turn);
      } finally {
        ended.get(action.container.name)?.resolve();
      }
    };
    await Promise.all(stops.map(stop));
    for (const action of actions) {
      if (action.do === "stopContainer") continue;
      const starts = action.do === "createSandbox" || action.do === "startContainer";
      await (starts ? this.#hooks.slot(() => carryOut(action, context)) : carryOut(action, context));
    }
  }

  #actionContext(options: ActionContext["options"], write: WriteContext): ActionContext {
    const { memory } = this;
    return {
      node: this.#node,
      pod: this.#pod,
      runtime: this.#runtime,
      memory,
      options,
      made: (id) => this.#hooks.identified(this.uid, [id]),
      event: (type, reason, message, container) => {
        if (!this.#pod) return;
        const { namespace = "", name, uid, resourceVersion } = this.#pod.metadata;
        const ephemeral = this.#pod.spec?.ephemeralContainers?.some((one) => one.name === container?.name);
        const list = container?.init ? "initContainers" : ephemeral ? "ephemeralContainers" : "containers";
        const fieldPath = container ? `spec.${list}{${container.name}}` : undefined;
        const about: ObjectReference = {
          kind: "Pod",
          apiVersion: "v1",
          namespace,
          name,
          uid,
          resourceVersion,
          ...(fieldPath ? { fieldPath } : {}),
        };
        this.#node.recorder.event(about, type, reason, message, write);
      },
    };
  }

  #stored(pod: Live<Pod>): void {
    this.#untold = 0;
    if (this.#pod && Number(pod.metadata.resourceVersion) > Number(this.#pod.metadata.resourceVersion)) this.#pod = pod;
  }

  #notTold(error: unknown): void {
    if (this.#closed) return;
    const delayMs = Math.min(retryMs.first * 2 ** this.#untold++, retryMs.most);
    this.#node.log.warn("could not write a pod's status", { pod: this.#pod?.metadata.name, uid: this.uid, retryMs: delayMs, error });
    this.#wakeAt(this.#node.clock.nowMs() + delayMs);
  }

  /** True when there is something to write. */
  #tell(plan: PodPlan, write: WriteContext): boolean {
    const known = this.#pod;
    if (!known) return false;
    const pod = this.#writer.view(known);
    const { settings } = this.#node;
    const ending = pod.metadata.deletionTimestamp !== undefined || plan.failure !== undefined || isOver(pod, this.#runtime);
    const status = podStatus({
      pod,
      runtime: this.#runtime,
      memory: this.memory,
      backingOff: plan.backingOff,
      runtimeName: this.#node.runtimeName(),
      ending,
      over: ending && plan.finished,
      ...(plan.failure ? { failure: plan.failure } : {}),
      refused: this.memory.refused !== undefined,
      terminationMessage: (container) => terminationMessage(this.#node, pod, container),
      nowMs: this.#node.clock.nowMs(),
      hostIps: settings.addresses,
    });
    return this.#writer.tell(known, status, write);
  }

  /** Nothing runs any more: the pod's last words have been told, its things go, and the API server may forget it. */
  async #finish(write: WriteContext): Promise<void> {
    const pod = this.#pod;
    if (pod && pod.metadata.deletionTimestamp === undefined) return;
    await this.#writer.settled();
    const { cri, volumes, client, settings } = this.#node;
    for (const container of this.#runtime.containers) await cri.removeContainer(container.id);
    for (const sandbox of this.#runtime.sandboxes) await removeSandbox(cri, sandbox.id);
    await volumes.tearDown(this.uid);
    this.#node.removeCgroup?.(podCgroup(settings, this.uid));
    if (pod) {
      const { namespace = "", name, uid } = pod.metadata;
      try {
        await client.resource<Pod>("pods").delete(namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } }, write);
      } catch (error) {
        if (!(error instanceof ApiError) || (error.status.code !== 404 && error.status.code !== 409)) throw error;
      }
    }
    this.#closed = true;
    this.#hooks.gone(this.uid);
  }

  #record(plan: PodPlan, span: SpanContext, parent: SpanContext | undefined, startMs: number, causes: readonly number[]): void {
    const { namespace = "", name = "" } = this.#pod?.metadata ?? {};
    this.#node.spans.record({
      ...span,
      ...(parent ? { parentSpanId: parent.spanId } : {}),
      name: "sync pod",
      component: "kubelet",
      startMs,
      endMs: this.#node.clock.nowMs(),
      attributes: { key: `${namespace}/${name}`, causes, did: didWhat(plan), why: plan.why },
    });
  }
}
