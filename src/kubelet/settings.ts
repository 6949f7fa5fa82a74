// What a node agent is given: who it is, what its machine has, where its files are, and its ways out.
// Invariant: frozen for the agent's life; nothing in kubelet/ reads a flag, an environment variable or a clock of its own.
// Called by: compose/ builds one per node (real or simulated). Next on the way: kubelet.ts.

import type { Node, Service } from "#api";
import type { Client, Live, Recorder } from "#client";
import type { Cri } from "#cri";
import type { Clock, Log, Prng, Slots, SpanSink } from "#lib";
import type { Volumes } from "./volumes/contract.ts";

export interface NodeMachine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly machineId: string;
  readonly bootId: string;
  readonly systemUuid: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly operatingSystem: string;
  readonly architecture: string;
}

export interface KubeletSettings {
  readonly nodeName: string;
  readonly hostname: string;
  /** Addresses of the node; the first is its InternalIP. */
  readonly addresses: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly machine: NodeMachine;
  readonly maxPods: number;
  /** `v1.36.3+dhow.1` */
  readonly kubeletVersion: string;
  /** Used until the Node object carries one. */
  readonly podCidr?: string;
  /** Where the kubelet's own HTTPS API listens. */
  readonly port: number;
  /** Pod folders: volumes, hosts files, termination messages. */
  readonly rootDirectory: string;
  /** `<ns>_<name>_<uid>/<container>/<n>.log` below. */
  readonly podLogsDirectory: string;
  /** Parent of all pods' cgroups, such as /dhow. */
  readonly cgroupParent: string;
  /** For pods with dnsPolicy ClusterFirst; none: such pods get the node's resolv.conf. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain: string;
  readonly resolvConf: string;
  /** Pods that are started at the same time. */
  readonly parallelStarts?: number;
}

export interface KubeletDependencies {
  readonly client: Client;
  readonly cri: Cri;
  readonly volumes: Volumes;
  /** Removes a pod's control group when the pod is gone; runtimes remove only the containers' own. */
  readonly removeCgroup?: (path: string) => void;
  /** Ends what the runtime has lost sight of; called whenever its events begin anew and when a container is out of its book. */
  readonly endStrays?: () => void;
  /** Told of every process that was started by exec and has ended, where the runtime tells it. */
  readonly execEnded?: (containerId: string, execId: string) => void;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly spans: SpanSink;
  /** Shared by the agents of one process: their events wait for each other, and not their pods for events. */
  readonly eventSlots?: Slots;
  readonly settings: KubeletSettings;
}

/** What every part below a kubelet works with. */
export interface NodeContext extends KubeletDependencies {
  readonly recorder: Recorder;
  /** `containerd`, as in `containerd://ID`: how the runtime calls itself. */
  readonly runtimeName: () => string;
  /** The Node object as it was last read or written; undefined: not yet registered. */
  readonly currentNode: () => Live<Node> | undefined;
  /** All Services of the cluster, for variables; none on simulated nodes, where nobody reads them. */
  readonly services?: () => Promise<readonly Service[]>;
}
