// All pods of the node: a worker for each uid, woken by the API server's watch and by the runtime's events.
// Invariant: whatever the runtime holds belongs to a worker, or becomes an orphan's worker once the pods of the API are known.
// Called by: kubelet.ts. Next on the way: worker.ts.

import type { Node, Pod } from "#api";
import { type Informer, informer, type Live } from "#client";
import type { CriEvent, Subscription } from "#cri";
import { assert, slots } from "#lib";
import { podLogDirectory } from "../containers/config.ts";
import type { RunningLog } from "../logs/rotate.ts";
import type { NodeContext } from "../settings.ts";
import { type Refusal, refusal } from "./admission.ts";
import { labelNames } from "./runtime.ts";
import { PodWorker, type WorkerHooks } from "./worker.ts";

export class NodePods {
  readonly #node: NodeContext;
  readonly #informer: Informer<Pod>;
  readonly #workers = new Map<string, PodWorker>();
  readonly #admitted = new Set<string>();
  readonly #uidOfRuntimeId = new Map<string, string>();
  readonly #hooks: WorkerHooks;
  readonly #waiting = new Map<string, Set<() => void>>();
  #events: Subscription | undefined;
  #closed = false;

  constructor(node: NodeContext, observed: WorkerHooks["observed"], gone: (uid: string) => void) {
    this.#node = node;
    const { clock, prng, log, settings } = node;
    this.#informer = informer<Pod>(node.client, "pods", { clock, prng, log, fieldSelector: `spec.nodeName=${settings.nodeName}` });
    this.#hooks = {
      slot: slots(settings.parallelStarts ?? 8),
      observed,
      identified: (uid, ids) => this.#identified(uid, ids),
      admit: (pod) => this.#admit(pod),
      gone: (uid) => {
        this.#workers.delete(uid);
        this.#admitted.delete(uid);
        for (const [id, owner] of this.#uidOfRuntimeId) {
          if (owner !== uid) continue;
          this.#uidOfRuntimeId.delete(id);
          this.#tellEnded(id);
        }
        gone(uid);
      },
    };
  }

  /** The pods as the API server has them. */
  list(): readonly Live<Pod>[] {
    return this.#informer.store.list();
  }

  /** The logs that are being written. */
  runningLogs(): readonly RunningLog[] {
    return this.list().flatMap((pod) => {
      const running = this.#workers.get(pod.metadata.uid)?.runtime.containers.filter((one) => one.state === "CONTAINER_RUNNING") ?? [];
      const folder = podLogDirectory(this.#node.settings, pod);
      return running.map((one) => ({ containerId: one.id, path: `${folder}/${one.name}/${one.attempt}.log` }));
    });
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  start(): void {
    this.#informer.on({
      added: (pod, cause) => this.#worker(pod.metadata.uid).update(pod, cause),
      updated: (_old, pod, cause) => this.#worker(pod.metadata.uid).update(pod, cause),
      deleted: (pod) => this.#workers.get(pod.metadata.uid)?.update(undefined),
    });
    this.#node.volumes.onChange?.((uid) => this.#workers.get(uid)?.volumesChanged());
    this.#informer.start();
    // The runtime is listened to only when the pods are known: until then its pods could be mistaken for orphans.
    void this.#informer.synced.then(() => {
      if (!this.#closed) this.#events = this.#node.cri.events({ event: (event) => this.#event(event) });
    });
  }

  get synced(): Promise<void> {
    return this.#informer.synced;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#informer.close();
    this.#events?.close();
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    this.#node.volumes.close?.();
  }

  #worker(uid: string): PodWorker {
    let worker = this.#workers.get(uid);
    if (!worker) {
      worker = new PodWorker(uid, this.#node, this.#hooks);
      this.#workers.set(uid, worker);
    }
    return worker;
  }

  /** Pods that began before are the node's already; the others are looked at one after the other. */
  async #admit(pod: Live<Pod>): Promise<Refusal | undefined> {
    const { uid } = pod.metadata;
    if (this.#admitted.has(uid)) return undefined;
    if (pod.status?.startTime !== undefined || pod.metadata.deletionTimestamp !== undefined) {
      this.#admitted.add(uid);
      return undefined;
    }
    const look = (node: Live<Node>): Refusal | undefined => refusal(pod, this.#others(uid), node);
    const known = this.#node.currentNode();
    let answer = known ? look(known) : undefined;
    // Labels may have come since the node was last read.
    if (answer?.reason === "NodeAffinity")
      answer = look(await this.#node.client.resource<Node>("nodes").get(undefined, this.#node.settings.nodeName));
    if (!answer) this.#admitted.add(uid);
    return answer;
  }

  #others(uid: string): readonly Live<Pod>[] {
    return this.list().filter(({ metadata, status }) => {
      const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
      return !ended && metadata.uid !== uid && (this.#admitted.has(metadata.uid) || status?.startTime !== undefined);
    });
  }

  /** Resolves when the runtime has reported the container's end, its sandbox is gone, or the signal fires. */
  ended(containerId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.get(containerId)?.delete(end);
        signal.removeEventListener("abort", end);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
      const waiting = this.#waiting.get(containerId) ?? new Set();
      this.#waiting.set(containerId, waiting.add(end));
      if (signal.aborted || this.#closed) end();
    });
  }

  #tellEnded(containerId: string): void {
    for (const end of this.#waiting.get(containerId) ?? []) end();
    this.#waiting.delete(containerId);
  }

  #identified(uid: string, ids: readonly string[]): void {
    for (const id of ids) this.#uidOfRuntimeId.set(id, uid);
  }

  #event(event: CriEvent): void {
    switch (event.kind) {
      case "resync":
        this.#node.endStrays?.();
        for (const worker of this.#workers.values()) worker.poke();
        void this.#adoptOrphans();
        return;
      case "stopped": {
        this.#tellEnded(event.containerId);
        const uid = this.#uidOfRuntimeId.get(event.containerId);
        if (uid !== undefined) this.#workers.get(uid)?.exited(event.containerId);
        return;
      }
      case "execStopped":
        this.#node.execEnded?.(event.containerId, event.execId);
        return;
      case "oom": {
        const uid = this.#uidOfRuntimeId.get(event.containerId);
        if (uid !== undefined) this.#workers.get(uid)?.poke();
        return;
      }
      case "deleted":
        this.#node.endStrays?.();
        return;
      // Only our own calls create and start, and whoever makes them looks afterwards.
      case "created":
      case "started":
        return;
    }
  }

  /** Pods the runtime has and the API server has not: they get a worker without a pod, which takes them down. */
  async #adoptOrphans(): Promise<void> {
    assert(this.#informer.hasSynced, "orphans are told from pods only when the pods are known");
    try {
      for (const sandbox of await this.#node.cri.listPodSandbox()) {
        const uid = sandbox.labels[labelNames.podUid];
        if (uid === undefined || this.#workers.has(uid) || this.#closed) continue;
        this.#node.log.info("taking down a pod that the API server does not have", { uid, pod: sandbox.metadata.name });
        this.#worker(uid).update(undefined);
      }
    } catch (error) {
      this.#node.log.warn("could not look for orphans", { error });
    }
  }
}
