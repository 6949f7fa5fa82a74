// The node agent: registers its node, keeps the heartbeat, and gives every pod bound to the node a worker.
// Invariant: everything it needs is handed in; closing it stops no container: the next agent adopts what runs.
// Called by: compose/, once for a real node, once per simulated node. Next on the way: pods/pods.ts.

import type { Pod, Service } from "#api";
import { createRecorder, informer, type Live } from "#client";
import type { Cri } from "#cri";
import { removeCgroup } from "#linux";
import { NodeLease } from "./node/lease.ts";
import { NodeRegistration } from "./node/register.ts";
import { podLogDirectory } from "./containers/config.ts";
import { LogRotation } from "./logs/rotate.ts";
import { NodePods } from "./pods/pods.ts";
import type { RuntimeContainer } from "./pods/runtime.ts";
import type { PodWorker } from "./pods/worker.ts";
import { Probes } from "./probes/probes.ts";
import type { KubeletDependencies, NodeContext } from "./settings.ts";

export interface Kubelet {
  readonly nodeName: string;
  /** For what goes on inside a pod's containers on behalf of a caller: exec, attach, port-forward. */
  readonly cri: Cri;
  /** The Node exists, its status is written, the node's pods are known. */
  readonly ready: Promise<void>;
  pods(): readonly Live<Pod>[];
  worker(uid: string): PodWorker | undefined;
  /** Where the runtime writes this container's log. */
  logPath(pod: Pod, container: RuntimeContainer): string;
  /** Resolves when the container has ended (or the signal fires). */
  ended(containerId: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createKubelet(dependencies: KubeletDependencies): Kubelet {
  const { client, clock, log, settings } = dependencies;
  const { eventSlots } = dependencies;
  const slots = eventSlots ? { slots: eventSlots } : {};
  const recorder = createRecorder({ client, clock, log, component: "kubelet", host: settings.nodeName, ...slots });
  // A runtime behind a socket is one with real control groups.
  const real = dependencies.cri.endpoint.startsWith("unix:");
  const known = real ? informer<Service>(client, "services", { clock, prng: dependencies.prng, log }) : undefined;
  const node: NodeContext = {
    ...(real ? { removeCgroup } : {}),
    ...(known ? { services: () => known.synced.then(() => known.store.list()) } : {}),
    ...dependencies,
    recorder,
    runtimeName: () => registration.runtimeName,
    currentNode: () => registration.current,
  };
  const registration: NodeRegistration = new NodeRegistration(node);
  const lease = new NodeLease(node, () => registration.current?.metadata.uid);
  const probes = new Probes(node, (uid) => pods.worker(uid)?.poke());
  const pods = new NodePods(
    node,
    (pod, runtime, memory) => probes.follow(pod, runtime, memory),
    (uid) => probes.forget(uid),
  );

  const rotation = real ? new LogRotation(node, () => pods.runningLogs()) : undefined;

  const start = async (): Promise<void> => {
    await registration.start();
    lease.start();
    known?.start();
    pods.start();
    rotation?.start();
    await pods.synced;
    recorder.event(
      { kind: "Node", apiVersion: "v1", name: settings.nodeName, uid: settings.nodeName },
      "Normal",
      "Starting",
      "Starting kubelet.",
    );
  };

  return {
    nodeName: settings.nodeName,
    cri: dependencies.cri,
    ready: start(),
    pods: () => pods.list(),
    worker: (uid) => pods.worker(uid),
    logPath: (pod, container) => `${podLogDirectory(settings, pod)}/${container.name}/${container.attempt}.log`,
    ended: (containerId, signal) => pods.ended(containerId, signal),
    async close() {
      registration.close();
      lease.close();
      probes.close();
      known?.close();
      rotation?.close();
      await pods.close();
      recorder.close();
    },
  };
}
