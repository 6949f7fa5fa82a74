// Why a node is not Ready or takes no pods, why a namespace does not go, why a Service reaches nobody; and what can be said of any kind.
// Invariant: what is said of any kind comes from conditions, events and history alone.
// Called by: explain.ts. Next on the way: workload.ts, pod.ts.

import { findCondition, type Namespace, type Node, type Pod, type Service } from "#api";
import type { Live } from "#client";
import { own } from "#lib";
import { going } from "./deletion.ts";
import type { Evidence } from "./evidence.ts";
import { ownersOf, ownerSentence } from "./field.ts";
import type { Explanation, Finding } from "./finding.ts";
import { lastDecision, origin, warnings } from "./origin.ts";
import { podTrouble } from "./pod.ts";
import { ago, count, list, sentence } from "./words.ts";

const rest = (evidence: Evidence): Finding[] => [...origin(evidence), ...lastDecision(evidence), ...warnings(evidence)];

export function explainNode(evidence: Evidence): Explanation {
  const { lease, nowMs, pods } = evidence;
  const node = evidence.object as Live<Node>;
  const conditions = node.status?.conditions ?? [];
  const ready = findCondition(conditions, "Ready");
  const state =
    ready?.status === "True"
      ? "is Ready"
      : `is not Ready: ${ready ? `${ready.reason ?? ""}, ${ready.message ?? ""}` : "its agent has told nothing yet"}`;
  const renewed = lease?.spec?.renewTime;
  const beat = renewed
    ? `Its agent gave its last sign of life ${ago(nowMs, Date.parse(renewed))}`
    : "Its agent has never given a sign of life";
  const pressures = conditions.filter(({ type, status }) => type !== "Ready" && status !== "False");
  const [cordon] = node.spec?.unschedulable === true ? ownersOf(node, ["spec", "unschedulable"]) : [];
  const taints = (node.spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`);
  const findings: Finding[] = [
    { topic: "state", from: "status.conditions", text: sentence(`It ${state}`) },
    {
      topic: "state",
      from: "lease",
      text: sentence(`${beat}; ${count(pods.length, "pod")} of ${node.status?.allocatable?.["pods"] ?? "?"} are on it`),
    },
    ...pressures.map(
      ({ type, status, message }): Finding => ({
        topic: "state",
        from: "status.conditions",
        text: sentence(`${type} is ${status}: ${message ?? ""}`),
      }),
    ),
    ...(node.spec?.unschedulable === true
      ? [
          {
            topic: "state",
            from: "managedFields and revisions",
            text: sentence(`It takes no new pods, it is cordoned${cordon ? ` by ${ownerSentence(evidence, cordon)}` : ""}`),
          } as const,
        ]
      : []),
    ...(taints.length > 0
      ? [{ topic: "state", from: "spec.taints", text: `Pods must tolerate its taints: ${list(taints)}.` } as const]
      : []),
    ...going(evidence),
    ...rest(evidence),
  ];
  return { findings, ...(node.spec?.unschedulable === true ? { next: `kubectl uncordon ${node.metadata.name}` } : {}) };
}

export function explainNamespace(evidence: Evidence): Explanation {
  const namespace = evidence.object as Live<Namespace>;
  const left = (namespace.status?.conditions ?? []).filter(({ status }) => status === "True");
  const findings: Finding[] = [
    { topic: "state", from: "status", text: `It is ${namespace.status?.phase ?? "Active"}.` },
    ...left.map(
      ({ type, reason, message }): Finding => ({
        topic: "deletion",
        from: "status.conditions",
        text: sentence(`${type}, ${reason ?? ""}: ${message ?? ""}`),
      }),
    ),
    ...going(evidence),
    ...rest(evidence),
  ];
  return { findings };
}

/** The pod that has most of the selector's labels, and which it lacks. */
function nearMiss(pods: readonly Live<Pod>[], selector: Readonly<Record<string, string>>): string | undefined {
  const labels = Object.entries(selector);
  const scored = pods.map((pod) => ({ pod, lacks: labels.filter(([key, value]) => own(pod.metadata.labels ?? {}, key) !== value) }));
  const [best] = scored.toSorted((a, b) => a.lacks.length - b.lacks.length);
  if (!best || best.lacks.length === labels.length) return undefined;
  return `${best.pod.metadata.name} comes nearest; it lacks ${best.lacks.map(([key, value]) => `${key}=${value}`).join(", ")}`;
}

function portTroubles({ spec }: Live<Service>, pods: readonly Live<Pod>[]): Finding[] {
  return (spec?.ports ?? []).flatMap(({ targetPort }) => {
    if (typeof targetPort !== "string" || pods.length === 0) return [];
    const known = pods.some((pod) =>
      (pod.spec?.containers ?? []).some((container) => container.ports?.some((port) => port.name === targetPort)),
    );
    return known
      ? []
      : [
          {
            topic: "reach",
            from: "spec.ports and pods",
            text: `No container of its pods has a port named ${JSON.stringify(targetPort)}.`,
          } as const,
        ];
  });
}

export function explainService(evidence: Evidence): Explanation {
  const service = evidence.object as Live<Service>;
  const { selector = {}, type = "ClusterIP" } = service.spec ?? {};
  const { slices, pods, namespace } = evidence;
  const mine = slices.filter(({ metadata }) => own(metadata.labels ?? {}, "kubernetes.io/service-name") === service.metadata.name);
  const endpoints = mine.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter((endpoint) => endpoint.conditions?.ready !== false).length;
  const state = `It sends to ${count(ready, "ready endpoint")}${endpoints.length > ready ? ` of ${endpoints.length}` : ""}`;
  const labels = Object.entries(selector);
  const chosen = pods.filter((pod) => labels.every(([key, value]) => own(pod.metadata.labels ?? {}, key) === value));
  const words = labels.map(([key, value]) => `${key}=${value}`).join(", ");
  const findings: Finding[] = [
    {
      topic: "reach",
      from: "endpoint slices",
      text: sentence(type === "ExternalName" ? `It is a name for ${service.spec?.externalName ?? ""}` : state),
    },
  ];
  const troubled = chosen.filter((pod) => podTrouble(pod) !== undefined);
  if (type !== "ExternalName") {
    if (labels.length === 0)
      findings.push({ topic: "reach", from: "spec.selector", text: "It has no selector: whoever made it writes its endpoints." });
    else if (chosen.length === 0) {
      const near = nearMiss(pods, selector);
      findings.push({
        topic: "reach",
        from: "spec.selector and pods",
        text: sentence(`No pod in the namespace has ${words}${near === undefined ? "" : `; ${near}`}`),
      });
    } else
      findings.push({
        topic: "reach",
        from: "spec.selector and pods",
        text: sentence(
          `${count(chosen.length, "pod")} ${chosen.length === 1 ? "has" : "have"} ${words}${troubled.length > 0 ? `; not ready: ${list(troubled.map((pod) => pod.metadata.name))}` : ""}`,
        ),
      });
    findings.push(...portTroubles(service, chosen));
  }
  if (type === "LoadBalancer" && (service.status?.loadBalancer?.ingress ?? []).length === 0)
    findings.push({
      topic: "reach",
      from: "status.loadBalancer",
      text: "It waits for an address from a load balancer, and nothing here hands one out.",
    });
  findings.push(...going(evidence), ...rest(evidence));
  return { findings, ...(troubled[0] ? { next: `dhow why pod/${troubled[0].metadata.name} -n ${namespace ?? ""}` } : {}) };
}

interface Conditioned {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly phase?: string;
  };
}

export function explainAny(evidence: Evidence): Explanation {
  const { status } = evidence.object as unknown as Conditioned;
  const conditions = (status?.conditions ?? []).map(
    ({ type, status: is, reason, message }): Finding => ({
      topic: "state",
      from: "status.conditions",
      text: sentence(`${type} is ${is}${reason ? `, ${reason}` : ""}${message ? `: ${message}` : ""}`),
    }),
  );
  const phase: Finding[] = typeof status?.phase === "string" ? [{ topic: "state", from: "status", text: `It is ${status.phase}.` }] : [];
  return { findings: [...phase, ...conditions, ...going(evidence), ...rest(evidence)] };
}
