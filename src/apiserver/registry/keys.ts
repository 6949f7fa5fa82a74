// Where an object lies in the store: exactly kube-apiserver's keys, so that its data can be taken over and handed back.
// Invariant: one resource, one prefix; both views of an event share one. A key's tail is `namespace/name` or `name`.
// Called by: cache/ and every verb. Next on the way: cache/cache.ts.

import { own } from "#lib";
import type { ResourceInfo } from "#api";

export const registryRoot = "/registry/";

const special: Readonly<Record<string, string>> = {
  nodes: "minions",
  services: "services/specs",
  endpoints: "services/endpoints",
  replicationcontrollers: "controllers",
};

/** Groups whose server keeps its objects under the group's name. */
const namedGroups = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

/** `/registry/pods/` for pods. */
export function prefixOf(info: Pick<ResourceInfo, "group" | "resource">): string {
  if (info.group === "") return `${registryRoot}${own(special, info.resource) ?? info.resource}/`;
  if (info.group === "networking.k8s.io" && info.resource === "ingresses") return `${registryRoot}ingress/`;
  if (namedGroups.has(info.group)) return `${registryRoot}${info.group}/${info.resource}/`;
  return `${registryRoot}${info.resource}/`;
}

export function keyOf(info: Pick<ResourceInfo, "group" | "resource" | "namespaced">, namespace: string, name: string): string {
  return info.namespaced ? `${prefixOf(info)}${namespace}/${name}` : prefixOf(info) + name;
}

/** The first key after all keys that start with `prefix`. */
export function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
