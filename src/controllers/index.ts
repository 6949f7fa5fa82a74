// The list of controllers, and how they all start: shared informers, one loop each, every one under its own identity.
// Invariant: a new controller is one file and one word here; those that follow metadata only come last.
// Called by: compose, under the leader Lease. Next on the way: framework/define.ts.

import { type Client, createRecorder, type Recorder } from "#client";
import type { Clock, Log, MetricRegistry, Prng, Slots, SpanSink } from "#lib";
import { clusterRoleAggregation } from "./clusterroleaggregation.ts";
import { cronJob } from "./cronjob/index.ts";
import { daemonSet } from "./daemonset/index.ts";
import { deployment } from "./deployment/index.ts";
import { disruption } from "./disruption/index.ts";
import { endpoints, endpointSlice } from "./endpoints/index.ts";
import { type Decision, DecisionRing, type DecisionSink } from "./framework/decisions.ts";
import type { Controller, RunningController } from "./framework/define.ts";
import { Informers } from "./framework/informers.ts";
import { garbageCollector } from "./garbagecollector/index.ts";
import { job } from "./job/index.ts";
import { namespace } from "./namespace/index.ts";
import { nodeLifecycle } from "./nodelifecycle/index.ts";
import { nodeIpam } from "./nodelifecycle/ipam.ts";
import { taintEviction } from "./nodelifecycle/tainteviction.ts";
import { podGarbageCollector } from "./podgc.ts";
import { replicaSet } from "./replicaset/index.ts";
import { replicationController } from "./replicationcontroller.ts";
import { resourceQuota } from "./resourcequota/index.ts";
import { rootCa } from "./rootca.ts";
import { serviceAccount } from "./serviceaccount.ts";
import { statefulSet } from "./statefulset/index.ts";
import { attributesClassProtection, claimProtection, volumeProtection } from "./storageprotection/index.ts";
import { ttlAfterFinished } from "./ttlafterfinished.ts";

export { type Decision, DecisionRing, type DecisionSink };

export const controllers: readonly Controller[] = [
  serviceAccount,
  rootCa,
  replicaSet,
  replicationController,
  deployment,
  daemonSet,
  statefulSet,
  job,
  cronJob,
  ttlAfterFinished,
  endpoints,
  endpointSlice,
  nodeIpam,
  nodeLifecycle,
  taintEviction,
  disruption,
  podGarbageCollector,
  claimProtection,
  volumeProtection,
  attributesClassProtection,
  resourceQuota,
  clusterRoleAggregation,
  namespace,
  garbageCollector,
];

export interface ControllersOptions {
  /** A client that acts as this user: `system:serviceaccount:kube-system:deployment-controller`, or the controller manager itself. */
  clientFor(identity: string): Client;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly spans: SpanSink;
  readonly decisions?: DecisionSink;
  /** How many Events are written at a time, theirs and others'. */
  readonly eventSlots?: Slots;
  /** PEM of the authority that signs the API server's certificate. */
  readonly rootCa: string;
  /** Names of controllers: only these, or all but those. */
  readonly only?: readonly string[];
  readonly without?: readonly string[];
}

export interface RunningControllers {
  readonly decisions: DecisionSink;
  /** Nothing waits in any queue: for tests that want to know when the cluster has come to rest. */
  readonly idle: boolean;
  close(): void;
}

export function startControllers(options: ControllersOptions): RunningControllers {
  const { clock, prng, log, spans, decisions = new DecisionRing() } = options;
  const informers = new Informers({ client: options.clientFor("system:kube-controller-manager"), clock, prng, log });
  const failures = options.metrics.counter(
    "dhow_controller_failures_total",
    "Passes that ended in an assertion or an unexpected exception.",
  );
  const recorders: Recorder[] = [];
  const slots = options.eventSlots ? { slots: options.eventSlots } : {};
  const running = chosen(options).map((controller): RunningController => {
    const client = options.clientFor(`system:serviceaccount:kube-system:${controller.account}`);
    const recorder = createRecorder({ client, clock, log, component: controller.component ?? controller.account, ...slots });
    recorders.push(recorder);
    const own = log.with({ controller: controller.name });
    return controller.prepare({ informers, client, recorder, clock, prng, log: own, spans, decisions, failures, rootCa: options.rootCa });
  });
  informers.start();
  for (const one of running) one.start();
  return {
    decisions,
    get idle() {
      return running.every((one) => one.idle);
    },
    close() {
      for (const one of running) one.close();
      for (const recorder of recorders) recorder.close();
      informers.close();
    },
  };
}

function chosen({ only, without = [] }: ControllersOptions): readonly Controller[] {
  return controllers.filter(({ name }) => (only === undefined || only.includes(name)) && !without.includes(name));
}
