// Which nodes a DaemonSet wants, and what its Pods get so that they land there and stay.
// Invariant: the DaemonSet decides where, the scheduler still binds: each Pod requires its node by name, in an affinity.
// Called by: plan.ts, rollout.ts. Next on the way: plan.ts.

import {
  type Affinity,
  type DaemonSet,
  type Node,
  type NodeSelectorRequirement,
  type Pod,
  type PodTemplateSpec,
  requiredNodeHolds,
  type Toleration,
  toleratesAll,
} from "#api";
import type { Live } from "#client";
import { own } from "#lib";
import { revisionLabel } from "../revisions.ts";

const toleration = (key: string, effect: string): Toleration => ({ key: `node.kubernetes.io/${key}`, operator: "Exists", effect });

/** What a daemon lives through: its node's troubles are what it is there for. */
function daemonTolerations(hostNetwork: boolean): Toleration[] {
  return [
    toleration("not-ready", "NoExecute"),
    toleration("unreachable", "NoExecute"),
    toleration("disk-pressure", "NoSchedule"),
    toleration("memory-pressure", "NoSchedule"),
    toleration("pid-pressure", "NoSchedule"),
    toleration("unschedulable", "NoSchedule"),
    ...(hostNetwork ? [toleration("network-unavailable", "NoSchedule")] : []),
  ];
}

function withTolerations(template: PodTemplateSpec | undefined): Toleration[] {
  const given = template?.spec?.tolerations ?? [];
  const added = daemonTolerations(template?.spec?.hostNetwork === true);
  const replaced = (one: Toleration): boolean =>
    added.some((each) => each.key === one.key && each.effect === one.effect && one.operator === "Exists" && !one.value);
  return [...given.filter((one) => !replaced(one)), ...added];
}

export interface NodeWish {
  readonly shouldRun: boolean;
  /** A Pod that is there already may stay. */
  readonly mayStay: boolean;
}

export function wishFor(set: Live<DaemonSet>, node: Live<Node>): NodeWish {
  const template = set.spec?.template;
  const { nodeName } = template?.spec ?? {};
  const named = nodeName === undefined || nodeName === "" || nodeName === node.metadata.name;
  if (!named || !requiredNodeHolds(template?.spec, { name: node.metadata.name, labels: node.metadata.labels })) {
    return { shouldRun: false, mayStay: false };
  }
  const tolerations = withTolerations(template);
  return {
    shouldRun: toleratesAll(tolerations, node.spec?.taints, ["NoExecute", "NoSchedule"]),
    mayStay: toleratesAll(tolerations, node.spec?.taints, ["NoExecute"]),
  };
}

/** The node a Pod is on, or the one it is meant for. */
export function targetNode(pod: Live<Pod>): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms.flatMap((term) => term.matchFields ?? []).find((one) => one.key === "metadata.name" && one.operator === "In");
  return field?.values?.length === 1 ? field.values[0] : undefined;
}

const generationAnnotation = "deprecated.daemonset.template.generation";

export function isUpdated(pod: Live<Pod>, set: Live<DaemonSet>, hash: string): boolean {
  const labels = pod.metadata.labels;
  const generation = own(set.metadata.annotations, generationAnnotation);
  return own(labels, revisionLabel) === hash || (generation !== undefined && own(labels, "pod-template-generation") === generation);
}

/** The template of the Pod for one node. */
export function daemonTemplate(set: Live<DaemonSet>, node: string, hash: string): PodTemplateSpec {
  const template = set.spec?.template;
  const generation = own(set.metadata.annotations, generationAnnotation);
  const labels = {
    ...template?.metadata?.labels,
    ...(generation !== undefined && /^\d+$/.test(generation) ? { "pod-template-generation": generation } : {}),
    [revisionLabel]: hash,
  };
  const spec = template?.spec ?? { containers: [] };
  return {
    metadata: { ...template?.metadata, labels },
    spec: { ...spec, affinity: pinnedTo(spec.affinity, node), tolerations: withTolerations(template) },
  };
}

/** The node's name replaces whatever the template required: that was looked at when the node was chosen. */
function pinnedTo(affinity: Affinity | undefined, node: string): Affinity {
  const field: NodeSelectorRequirement = { key: "metadata.name", operator: "In", values: [node] };
  const required = { nodeSelectorTerms: [{ matchFields: [field] }] };
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required } };
}
