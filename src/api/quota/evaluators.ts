// Who counts against a quota, and how: pods by what they ask for, claims by their size, services by their kind, all else by heads.
// Invariant: pure; one evaluator a resource; every resource that can be created can be counted as `count/<resource>.<group>`.
// Called by: apiserver/admission/resourceQuota.ts, controllers/resourcequota. Next on the way: check.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement, Service } from "../machinery/types.gen.ts";
import { Quantity } from "../meta/quantity.ts";
import type { ResourceList } from "./lists.ts";
import { isTerminatingPod, matchesPodResource, matchesValue, podConstraint, podInScope, podUsage } from "./pods.ts";

export interface QuotaWrite {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly subresource: string;
  readonly object: ApiObject;
  readonly old: ApiObject | undefined;
}

export interface QuotaEvaluator {
  handles(write: QuotaWrite): boolean;
  usage(object: ApiObject, nowMs: number): ResourceList;
  matches(resourceName: string): boolean;
  inScope(scope: ScopedResourceSelectorRequirement, object: ApiObject): boolean;
  /** What the object must say and does not. */
  constraint(required: readonly string[], object: ApiObject): string | undefined;
}

const as = <T>(object: ApiObject): T => object as unknown as T;
const countName = (group: string, resource: string): string => `count/${resource}${group === "" ? "" : `.${group}`}`;

const pods: QuotaEvaluator = {
  handles: ({ operation, subresource, object, old }) => {
    if (subresource === "resize") return operation === "UPDATE";
    if (subresource !== "") return false;
    return operation === "CREATE" || (old !== undefined && isTerminatingPod(as<Pod>(old)) !== isTerminatingPod(as<Pod>(object)));
  },
  usage: (object, nowMs) => podUsage(as<Pod>(object), nowMs),
  matches: matchesPodResource,
  inScope: (scope, object) => podInScope(scope, as<Pod>(object)),
  constraint: (required, object) => podConstraint(required, as<Pod>(object)),
};

const serviceNames = new Set(["count/services", "services", "services.nodeports", "services.loadbalancers"]);

function serviceUsage({ spec }: Service): ResourceList {
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === "LoadBalancer";
  const asked = balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
  const nodePorts = spec?.type === "NodePort" || balanced ? asked.length : 0;
  return {
    "count/services": "1",
    services: "1",
    "services.loadbalancers": balanced ? "1" : "0",
    "services.nodeports": String(nodePorts),
  };
}

const services: QuotaEvaluator = {
  handles: ({ operation, subresource }) => subresource === "" && operation !== "DELETE",
  usage: (object) => serviceUsage(as<Service>(object)),
  matches: (name) => serviceNames.has(name),
  inScope: () => false,
  constraint: () => undefined,
};

const byClass = ".storageclass.storage.k8s.io/";
const claimNames = ["persistentvolumeclaims", "requests.storage"] as const;
const classAnnotation = "volume.beta.kubernetes.io/storage-class";

function wholeUnits(amount: string): string {
  const quantity = Quantity.parse(amount);
  return quantity.isInteger ? quantity.toString() : Quantity.fromInteger(quantity.value()).toString();
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): ResourceList {
  const usage: Record<string, string> = { "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1" };
  const annotations = metadata?.annotations ?? {};
  const name = Object.hasOwn(annotations, classAnnotation) ? annotations[classAnnotation] : spec?.storageClassName;
  if (name) usage[`${name}${byClass}persistentvolumeclaims`] = "1";
  const asked = spec?.resources?.requests?.["storage"];
  if (asked === undefined) return usage;
  const given = status?.allocatedResources?.["storage"];
  const size = wholeUnits(given !== undefined && Quantity.parse(given).cmp(Quantity.parse(asked)) > 0 ? given : asked);
  usage["requests.storage"] = size;
  if (name) usage[`${name}${byClass}requests.storage`] = size;
  return usage;
}

const claims: QuotaEvaluator = {
  handles: ({ operation, subresource }) => (subresource === "" || subresource === "status") && operation !== "DELETE",
  usage: (object) => claimUsage(as<PersistentVolumeClaim>(object)),
  matches: (name) => name === "count/persistentvolumeclaims" || claimNames.some((one) => name === one || name.endsWith(`${byClass}${one}`)),
  inScope: (scope, object) =>
    scope.scopeName === "VolumeAttributesClass" &&
    matchesValue(scope, as<PersistentVolumeClaim>(object).spec?.volumeAttributesClassName ?? ""),
  constraint: () => undefined,
};

/** Older names for counts of these. */
const aliases = new Set(["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]);

function heads(group: string, resource: string): QuotaEvaluator {
  const names = [countName(group, resource), ...(group === "" && aliases.has(resource) ? [resource] : [])];
  return {
    handles: ({ operation, subresource }) => subresource === "" && operation === "CREATE",
    usage: () => Object.fromEntries(names.map((name) => [name, "1"])),
    matches: (name) => names.includes(name),
    inScope: () => false,
    constraint: () => undefined,
  };
}

export function quotaEvaluator(group: string, resource: string): QuotaEvaluator {
  if (group !== "") return heads(group, resource);
  if (resource === "pods") return pods;
  if (resource === "services") return services;
  return resource === "persistentvolumeclaims" ? claims : heads(group, resource);
}

export function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether the quota is about objects like this. `hard` is the status' for admission, the spec's for counting. */
export function quotaMatches(evaluator: QuotaEvaluator, quota: ResourceQuota, object: ApiObject, hard: ResourceList): boolean {
  return Object.keys(hard).some((name) => evaluator.matches(name)) && scopesOf(quota).every((scope) => evaluator.inScope(scope, object));
}
