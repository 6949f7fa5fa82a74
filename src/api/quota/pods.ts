// How much of a quota a pod uses, which scopes it is in, and what it must say for itself.
// Invariant: pure; a finished pod, or one that should have been gone by now, uses nothing but its place in the store.
// Called by: evaluators.ts. Next on the way: podresources.ts.

import type { Container, Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from "../machinery/types.gen.ts";
import { compareBytes } from "../meta/gotext.ts";
import { qosClass } from "../kinds/podspec/qos.ts";
import { addLists, type ResourceList } from "./lists.ts";
import { podLimitList, podRequestList } from "./podresources.ts";

const computed = ["cpu", "memory", "ephemeral-storage"] as const;
const named: ReadonlySet<string> = new Set([
  "count/pods",
  "pods",
  ...computed.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** A quota for one of these makes every container say how much it wants. */
const mandatory: ReadonlySet<string> = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);

const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");
const isExtendedRequest = (name: string): boolean => name.startsWith("requests.") && !isNative(name);

export function matchesPodResource(name: string): boolean {
  return named.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-") || isExtendedRequest(name);
}

function computeUsage(requests: ResourceList, limits: ResourceList): Record<string, string> {
  const usage: Record<string, string> = { pods: "1" };
  for (const name of computed) {
    if (Object.hasOwn(requests, name)) usage[name] = usage[`requests.${name}`] = requests[name]!;
    if (Object.hasOwn(limits, name)) usage[`limits.${name}`] = limits[name]!;
  }
  for (const [name, amount] of Object.entries(requests)) {
    if (name.startsWith("hugepages-")) usage[name] = amount;
    if (name.startsWith("hugepages-") || !isNative(name)) usage[`requests.${name}`] = amount;
  }
  return usage;
}

function counts({ metadata, status }: Readonly<Pod>, nowMs: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

export function podUsage(pod: Readonly<Pod>, nowMs: number): Record<string, string> {
  const usage = { "count/pods": "1" };
  if (!counts(pod, nowMs)) return usage;
  const options = { overhead: true };
  return addLists(usage, computeUsage(podRequestList(pod, options), podLimitList(pod, options)));
}

/** What is missing, as a sentence; undefined if nothing is. */
export function podConstraint(required: readonly string[], { spec }: Readonly<Pod>): string | undefined {
  if (Object.keys({ ...spec?.resources?.requests, ...spec?.resources?.limits }).length > 0) return undefined;
  const wanted = required.filter((name) => mandatory.has(name));
  const missing = new Map<string, Set<string>>();
  const look = ({ name, resources }: Container): void => {
    const usage = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
    for (const one of wanted) if (!Object.hasOwn(usage, one)) missing.set(one, (missing.get(one) ?? new Set()).add(name));
  };
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) look(container);
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()].sort(compareBytes).map((one) => `${one} for: ${[...missing.get(one)!].sort(compareBytes).join(",")}`);
  return `must specify ${parts.join("; ")}`;
}

export function isTerminatingPod({ spec }: Readonly<Pod>): boolean {
  return spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function crossesNamespaces({ spec }: Readonly<Pod>): boolean {
  const crosses = ({ namespaces, namespaceSelector }: PodAffinityTerm): boolean =>
    (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined;
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some(
    (one) =>
      (one?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(crosses) ||
      (one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).some(
        ({ podAffinityTerm }) => podAffinityTerm && crosses(podAffinityTerm),
      ),
  );
}

/** One value against a scope's operator. */
export function matchesValue({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string): boolean {
  switch (operator) {
    case "Exists":
      return value !== "";
    case "DoesNotExist":
      return value === "";
    case "In":
      return value !== "" && values.includes(value);
    case "NotIn":
      return value === "" || !values.includes(value);
    default:
      return false;
  }
}

export function podInScope(scope: ScopedResourceSelectorRequirement, pod: Readonly<Pod>): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return isTerminatingPod(pod);
    case "NotTerminating":
      return !isTerminatingPod(pod);
    case "BestEffort":
      return qosClass(pod.spec ?? { containers: [] }) === "BestEffort";
    case "NotBestEffort":
      return qosClass(pod.spec ?? { containers: [] }) !== "BestEffort";
    case "PriorityClass":
      return matchesValue(scope, pod.spec?.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return crossesNamespaces(pod);
    default:
      return false;
  }
}
