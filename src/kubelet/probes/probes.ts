// Probes: startup gates the others, readiness decides `ready`, liveness and startup end a container that fails.
// Invariant: a probe runs only while its container does; a result is recorded before anybody is woken by it.
// Called by: pods/worker.ts at every look (follow). Next on the way: check.ts runs one probe once.

import type { Container, Pod, Probe } from "#api";
import type { Timer } from "#lib";
import type { PodMemory } from "../pods/memory.ts";
import type { RuntimeContainer, RuntimePod } from "../pods/runtime.ts";
import type { NodeContext } from "../settings.ts";
import { check, type ProbeTarget } from "./check.ts";

type ProbeKind = "startup" | "readiness" | "liveness";

interface Running {
  readonly uid: string;
  close(): void;
}

interface Watched {
  readonly pod: Pod;
  readonly container: Container;
  readonly run: RuntimeContainer;
  readonly memory: PodMemory;
  readonly ip: string;
}

export class Probes {
  readonly #node: NodeContext;
  readonly #wake: (uid: string) => void;
  readonly #running = new Map<string, Running>();

  constructor(node: NodeContext, wake: (uid: string) => void) {
    this.#node = node;
    this.#wake = wake;
  }

  /** Starts the probes of what runs and stops those of what has ended. */
  follow(pod: Pod, runtime: RuntimePod, memory: PodMemory): void {
    const uid = pod.metadata.uid ?? "";
    const alive = new Set<string>();
    const ip = pod.spec?.hostNetwork ? (this.#node.settings.addresses[0] ?? "") : (runtime.sandboxes[0]?.ips[0] ?? "");
    for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
      const run = runtime.containers.find((one) => one.name === container.name && one.state === "CONTAINER_RUNNING");
      if (!run || pod.metadata.deletionTimestamp !== undefined) continue;
      for (const [kind, probe] of probesOf(container)) {
        const key = `${run.id}/${kind}`;
        alive.add(key);
        if (!this.#running.has(key)) this.#running.set(key, this.#run(kind, probe, { pod, container, run, memory, ip }));
      }
    }
    for (const [key, running] of this.#running) if (running.uid === uid && !alive.has(key)) this.#stop(key, running);
  }

  forget(uid: string): void {
    for (const [key, running] of this.#running) if (running.uid === uid) this.#stop(key, running);
  }

  close(): void {
    for (const [key, running] of this.#running) this.#stop(key, running);
  }

  #stop(key: string, running: Running): void {
    running.close();
    this.#running.delete(key);
  }

  #run(kind: ProbeKind, probe: Probe, watched: Watched): Running {
    const { clock, cri, log, recorder } = this.#node;
    const { memory, run, container, pod } = watched;
    const uid = pod.metadata.uid ?? "";
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const target: ProbeTarget = {
      cri,
      containerId: run.id,
      container,
      ip: watched.ip,
      timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
      clock,
    };
    let timer: Timer | undefined;
    let closed = false;
    let successes = 0;
    let failures = 0;
    const verdict = (healthy: boolean, why: string): void => {
      successes = healthy ? successes + 1 : 0;
      failures = healthy ? 0 : failures + 1;
      const { namespace = "", name = "" } = pod.metadata;
      const fieldPath = `spec.containers{${container.name}}`;
      const about = { kind: "Pod", apiVersion: "v1", namespace, name, uid, fieldPath };
      const title = kind.slice(0, 1).toUpperCase() + kind.slice(1);
      if (!healthy) recorder.event(about, "Warning", "Unhealthy", `${title} probe failed: ${why}`);
      if (healthy && successes < (probe.successThreshold ?? 1)) return;
      if (!healthy && failures < (probe.failureThreshold ?? 3)) return;
      this.#record(kind, healthy, watched);
    };
    const once = async (): Promise<void> => {
      // Until the startup probe has succeeded the others do not count.
      const gated = kind !== "startup" && container.startupProbe !== undefined && memory.started.get(run.id) !== true;
      if (!gated && !(kind === "startup" && memory.started.get(run.id) === true)) {
        const { healthy, why } = await check(probe, target);
        if (closed) return;
        verdict(healthy, why);
      }
      timer = clock.after(periodMs, () => void once().catch((error: unknown) => log.warn("a probe failed to run", { error })));
    };
    timer = clock.after(
      (probe.initialDelaySeconds ?? 0) * 1000,
      () => void once().catch((error: unknown) => log.warn("a probe failed to run", { error })),
    );
    return {
      uid,
      close() {
        closed = true;
        timer?.cancel();
      },
    };
  }

  #record(kind: ProbeKind, healthy: boolean, { memory, run, container, pod }: Watched): void {
    const wake = (): void => this.#wake(pod.metadata.uid ?? "");
    if (kind === "readiness" || (kind === "startup" && healthy)) {
      const results = kind === "readiness" ? memory.ready : memory.started;
      if (results.get(run.id) === healthy) return;
      results.set(run.id, healthy);
      wake();
    } else if (!healthy && !memory.unhealthy.has(container.name)) {
      memory.unhealthy.set(container.name, `Container ${container.name} failed ${kind} probe, will be restarted`);
      wake();
    }
  }
}

function probesOf(container: Container): readonly (readonly [ProbeKind, Probe])[] {
  const all: readonly (readonly [ProbeKind, Probe | undefined])[] = [
    ["startup", container.startupProbe],
    ["readiness", container.readinessProbe],
    ["liveness", container.livenessProbe],
  ];
  return all.filter((one): one is readonly [ProbeKind, Probe] => one[1] !== undefined);
}
