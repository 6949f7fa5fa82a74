// Why a pod is as it is: without a node, waiting on its node, not ready, ended, or on its way out.
// Invariant: the first finding is the state in one sentence; what follows says why.
// Called by: explain.ts. Next on the way: scheduling.ts, containers.ts.

import { findCondition, type Pod } from "#api";
import type { Live } from "#client";
import { containers } from "./containers.ts";
import { going } from "./deletion.ts";
import { eventMs, type Evidence } from "./evidence.ts";
import type { Explanation, Finding } from "./finding.ts";
import { lastDecision, origin, warnings } from "./origin.ts";
import { scheduling } from "./scheduling.ts";
import { ago, list, sentence } from "./words.ts";

/** In one clause, for the pod's own headline and for the workload that counts such pods. */
export function podState(pod: Live<Pod>): string {
  const { phase = "Pending", reason, message } = pod.status ?? {};
  const on = pod.spec?.nodeName === undefined ? "" : ` on ${pod.spec.nodeName}`;
  if (pod.metadata.deletionTimestamp !== undefined) return `is being deleted${on}`;
  if (phase === "Failed" || phase === "Succeeded")
    return `has ${phase === "Failed" ? "failed" : "succeeded"}${on}${reason ? `: ${reason}${message ? `, ${message}` : ""}` : ""}`;
  const conditions = pod.status?.conditions ?? [];
  if (pod.spec?.nodeName === undefined) {
    const scheduled = findCondition(conditions, "PodScheduled");
    return `is ${phase}: it has no node${scheduled?.message ? `; ${scheduled.message}` : ""}`;
  }
  if (phase === "Pending") return `is Pending${on}`;
  const ready = findCondition(conditions, "Ready");
  if (ready?.status === "True") return `is Running and Ready${on}`;
  return `is ${phase}${on} but not Ready${ready?.reason ? ` (${ready.reason})` : ""}`;
}

/** The clause that pods with the same trouble have in common. */
export function podTrouble(pod: Live<Pod>): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return "being deleted";
  if (pod.status?.phase === "Succeeded") return undefined;
  const conditions = pod.status?.conditions ?? [];
  if (findCondition(conditions, "Ready")?.status === "True") return undefined;
  if (pod.spec?.nodeName === undefined)
    return `without a node: ${findCondition(conditions, "PodScheduled")?.message ?? "not scheduled yet"}`;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.find((status) => status.state?.waiting && status.state.waiting.reason !== "PodInitializing")?.state?.waiting;
  if (waiting)
    return `${waiting.reason ?? "waiting"}${waiting.message && waiting.reason !== "CrashLoopBackOff" ? `: ${waiting.message}` : ""}`;
  if (pod.status?.phase === "Failed") return `failed${pod.status.reason ? `: ${pod.status.reason}` : ""}`;
  return "not ready";
}

function placed({ history, nowMs }: Evidence, pod: Live<Pod>): Finding[] {
  const { namespace = "", name } = pod.metadata;
  const bound = history.attempts(namespace, name).findLast((attempt) => attempt.decision.startsWith("bind to"));
  const node = pod.spec?.nodeName;
  if (!bound || node === undefined) return [];
  return [{ topic: "scheduling", from: "scheduler's decisions", text: `The scheduler chose ${node} for it ${ago(nowMs, bound.atMs)}.` }];
}

function nodeTrouble({ nodes }: Evidence, pod: Live<Pod>): Finding[] {
  const name = pod.spec?.nodeName;
  if (name === undefined) return [];
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (!node) return [{ topic: "state", from: "nodes", text: `Its node ${name} does not exist (any more).` }];
  const ready = findCondition(node.status?.conditions, "Ready");
  if (ready?.status === "True") return [];
  return [
    {
      topic: "state",
      from: "node's conditions",
      text: sentence(`Its node ${name} is not Ready: ${ready?.message ?? "it has told nothing yet"}`),
    },
  ];
}

/** On its node, no container made yet: what the node agent last complained about. */
function preparation({ events, nowMs }: Evidence, pod: Live<Pod>): Finding[] {
  if (pod.spec?.nodeName === undefined || (pod.status?.containerStatuses ?? []).some((status) => status.state?.running)) return [];
  const last = events.findLast((event) => ["FailedMount", "FailedCreatePodSandBox", "FailedAttachVolume"].includes(event.reason ?? ""));
  return last
    ? [
        {
          topic: "container",
          from: "events",
          text: sentence(`The node agent could not prepare it ${ago(nowMs, eventMs(last))}: ${last.message ?? ""}`),
        },
      ]
    : [];
}

function stopping({ nowMs, history }: Evidence, pod: Live<Pod>): Finding[] {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, namespace = "", name } = pod.metadata;
  if (deletionTimestamp === undefined || pod.spec?.nodeName === undefined) return [];
  const leftMs = Date.parse(deletionTimestamp) - nowMs;
  const alive = (pod.status?.containerStatuses ?? []).filter((status) => status.state?.running).map((status) => status.name);
  const pass = history.passes(namespace, name).at(-1);
  const agent = pass ? ` It last did: ${String(pass.attributes["did"])} (${String(pass.attributes["why"])}).` : "";
  const bound =
    leftMs > 0
      ? `has ${Math.ceil(leftMs / 1000)} s left of ${deletionGracePeriodSeconds} s`
      : `should have been done ${ago(nowMs, Date.parse(deletionTimestamp))}`;
  const running = alive.length > 0 ? `still running: ${list(alive)}` : "no container runs any more";
  return [{ topic: "deletion", from: "status, node agent's decisions", text: `The node agent ${bound} to stop it; ${running}.${agent}` }];
}

function readiness(pod: Live<Pod>): Finding[] {
  const gates = (pod.spec?.readinessGates ?? []).filter(
    (gate) => findCondition(pod.status?.conditions, gate.conditionType)?.status !== "True",
  );
  return gates.length === 0
    ? []
    : [
        {
          topic: "state",
          from: "spec.readinessGates",
          text: `Its readiness gates are not met: ${list(gates.map((gate) => gate.conditionType))}.`,
        },
      ];
}

export function explainPod(evidence: Evidence): Explanation {
  const pod = evidence.object as Live<Pod>;
  const { namespace = "", name } = pod.metadata;
  const healthy = podState(pod).startsWith("is Running and Ready");
  const unbound = pod.spec?.nodeName === undefined && pod.metadata.deletionTimestamp === undefined;
  const inside = containers(evidence, pod);
  const findings: Finding[] = [
    { topic: "state", from: "status", text: sentence(`It ${podState(pod)}`) },
    ...going(evidence),
    ...stopping(evidence, pod),
    ...nodeTrouble(evidence, pod),
    ...(unbound ? scheduling(evidence, pod) : []),
    ...preparation(evidence, pod),
    ...inside,
    ...readiness(pod),
    ...(unbound ? [] : placed(evidence, pod)),
    ...origin(evidence),
    ...lastDecision(evidence),
    ...(healthy && inside.length === 0 ? [] : warnings(evidence, ["FailedScheduling", "FailedMount", "FailedCreatePodSandBox", "BackOff"])),
  ];
  const restarted = inside.find((finding) => finding.topic === "restart");
  const previous = restarted && /Container (\S+)/i.exec(restarted.text)?.[1];
  return { findings, ...(previous ? { next: `kubectl logs -n ${namespace} ${name} -c ${previous} --previous` } : {}) };
}
