// Why a workload is not where it was asked to be: what it wishes, what it has, and what keeps its pods.
// Invariant: pods with the same trouble are counted together and one of them is named to ask further.
// Called by: explain.ts. Next on the way: pod.ts.

import { findCondition, type Pod } from "#api";
import type { Live } from "#client";
import { going } from "./deletion.ts";
import { type Evidence, ownedBy } from "./evidence.ts";
import type { Explanation, Finding } from "./finding.ts";
import { lastDecision, origin, warnings } from "./origin.ts";
import { podTrouble } from "./pod.ts";
import { count, list, sentence } from "./words.ts";

/** What all workloads have of spec and status, as far as sentences need it. */
interface Workload {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly suspend?: boolean;
    readonly completions?: number;
    readonly schedule?: string;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly currentReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
    readonly active?: number | readonly { readonly name?: string }[];
    readonly succeeded?: number;
    readonly failed?: number;
    readonly lastScheduleTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

function progress(kind: string, { spec, status }: Workload): string {
  if (kind === "Deployment")
    return `It asks for ${count(spec?.replicas ?? 1, "pod")}: ${status?.updatedReplicas ?? 0} of them of the newest template, ${status?.readyReplicas ?? 0} ready, ${status?.availableReplicas ?? 0} available`;
  if (kind === "DaemonSet")
    return `It asks for a pod on ${count(status?.desiredNumberScheduled ?? 0, "node")}: ${status?.numberReady ?? 0} ready`;
  if (kind === "Job")
    return `It asks for ${count(spec?.completions ?? 1, "completion")}: ${status?.succeeded ?? 0} succeeded, ${Number(status?.active ?? 0)} running, ${status?.failed ?? 0} failed`;
  if (kind === "CronJob") return `It runs at ${JSON.stringify(spec?.schedule ?? "")}, last ${status?.lastScheduleTime ?? "never"}`;
  return `It asks for ${count(spec?.replicas ?? 1, "pod")}: there are ${status?.replicas ?? 0}, ${status?.readyReplicas ?? 0} ready`;
}

/** Conditions that tell trouble, each kind's own way. */
function conditionTroubles({ status }: Workload): Finding[] {
  const bad = (status?.conditions ?? []).filter(({ type, status: is }) => {
    if (["ReplicaFailure", "Failed", "FailureTarget", "Suspended"].includes(type)) return is === "True";
    return ["Progressing", "Available"].includes(type) && is !== "True";
  });
  return bad.map(({ type, status: is, reason, message }) => ({
    topic: "state",
    from: "status.conditions",
    text: sentence(`${type} is ${is}${reason ? `, ${reason}` : ""}${message ? `: ${message}` : ""}`),
  }));
}

function held(kind: string, { spec }: Workload): Finding[] {
  if (spec?.paused === true)
    return [{ topic: "state", from: "spec.paused", text: "It is paused: changes of its template wait until it is resumed." }];
  if (spec?.suspend === true)
    return [
      { topic: "state", from: "spec.suspend", text: `It is suspended: ${kind === "CronJob" ? "no new job starts" : "it runs no pods"}.` },
    ];
  return [];
}

export function podTroubles(pods: readonly Live<Pod>[]): Finding[] {
  const troubled = pods.flatMap((pod) => {
    const trouble = podTrouble(pod);
    return trouble === undefined ? [] : [{ name: pod.metadata.name, trouble }];
  });
  return [...Map.groupBy(troubled, (one) => one.trouble)].map(([trouble, members]) => ({
    topic: "container",
    from: "pods' status",
    text: sentence(
      `${count(members.length, "pod")} (${list(
        members.map((one) => one.name),
        3,
      )}): ${trouble}`,
    ),
  }));
}

function podsOf(evidence: Evidence): readonly Live<Pod>[] {
  const uid = evidence.object?.metadata.uid ?? "";
  if (evidence.info.kind !== "Deployment") return ownedBy(evidence.pods, uid);
  return ownedBy(evidence.replicaSets, uid).flatMap((replicaSet) => ownedBy(evidence.pods, replicaSet.metadata.uid));
}

/** The replica sets of a Deployment tell what the Deployment's own status hides: why a pod could not even be created. */
function replicaSetTroubles({ info, object, replicaSets }: Evidence): Finding[] {
  if (info.kind !== "Deployment") return [];
  return ownedBy(replicaSets, object?.metadata.uid ?? "").flatMap((replicaSet) => {
    const failure = findCondition(replicaSet.status?.conditions, "ReplicaFailure");
    if (failure?.status !== "True") return [];
    return [
      {
        topic: "state",
        from: "replica set's conditions",
        text: sentence(`ReplicaSet ${replicaSet.metadata.name} cannot make its pods: ${failure.message ?? failure.reason ?? ""}`),
      } as const,
    ];
  });
}

export function explainWorkload(evidence: Evidence): Explanation {
  const { info, object, namespace } = evidence;
  const workload = object as unknown as Workload;
  const behind =
    (object?.metadata.generation ?? 0) > (workload.status?.observedGeneration ?? 0) && workload.status?.observedGeneration !== undefined;
  const pods = podsOf(evidence);
  const troubles = podTroubles(pods);
  const first = pods.find((pod) => podTrouble(pod) !== undefined);
  const findings: Finding[] = [
    { topic: "state", from: "spec and status", text: sentence(progress(info.kind, workload)) },
    ...going(evidence),
    ...(behind
      ? [{ topic: "state", from: "metadata.generation", text: "Its controller has not seen the newest change yet." } as const]
      : []),
    ...held(info.kind, workload),
    ...conditionTroubles(workload),
    ...replicaSetTroubles(evidence),
    ...troubles,
    ...origin(evidence),
    ...lastDecision(evidence),
    ...warnings(evidence),
  ];
  return { findings, ...(first ? { next: `dhow why pod/${first.metadata.name} -n ${namespace ?? ""}` } : {}) };
}
