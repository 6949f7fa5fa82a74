// Discovery: what is served, told in the old form (one document per group and version) and the aggregated one.
// Invariant: derived from the table of resources and nothing else; field order is upstream's.
// Called by: handler.ts.   Next on the way: client-go's REST mapper, kubectl api-resources.

import { createHash } from "node:crypto";
import { groupVersions, joinApiVersion, type ResourceInfo, resources, type SubresourceInfo } from "#api";

export function apiVersions(serverAddress: string): object {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }] };
}

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
  readonly preferredVersion: { readonly groupVersion: string; readonly version: string };
}

/** Named groups only: the core group is told by `/api`. */
function groups(): Group[] {
  const byName = Map.groupBy(groupVersions(), (served) => served.group);
  byName.delete("");
  return [...byName].flatMap(([name, served]) => {
    const versions = served.map(({ version }) => ({ groupVersion: joinApiVersion(name, version), version }));
    const preferredVersion = versions[served.findIndex((one) => one.preferred)] ?? versions[0];
    return preferredVersion ? [{ name, versions, preferredVersion }] : [];
  });
}

export function groupList(): object {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups() };
}

export function group(name: string): object | undefined {
  const found = groups().find((one) => one.name === name);
  return found && { kind: "APIGroup", apiVersion: "v1", ...found };
}

export function resourceList(groupName: string, version: string): object | undefined {
  if (!groupVersions().some((served) => served.group === groupName && served.version === version)) return undefined;
  const entries = resourcesOf(groupName, version).flatMap((info) => [
    legacyResource(info),
    ...info.subresources.map((sub) => legacySubresource(info, sub)),
  ]);
  // The core list is upstream's oldest document and carries no apiVersion.
  const head = groupName === "" ? { kind: "APIResourceList" } : { kind: "APIResourceList", apiVersion: "v1" };
  return { ...head, groupVersion: joinApiVersion(groupName, version), resources: entries };
}

const byName =
  <Item>(name: (item: Item) => string) =>
  (a: Item, b: Item): number =>
    name(a) < name(b) ? -1 : 1;

function resourcesOf(groupName: string, version: string): ResourceInfo[] {
  return resources.filter((info) => info.group === groupName && info.version === version).toSorted(byName((info) => info.resource));
}

const subresourcesOf = (info: ResourceInfo): SubresourceInfo[] => info.subresources.toSorted(byName((sub) => sub.name));

function legacyResource(info: ResourceInfo): object {
  const hash = storageVersionHash(info);
  return {
    name: info.resource,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 && { shortNames: info.shortNames }),
    ...(info.categories.length > 0 && { categories: info.categories }),
    ...(hash !== undefined && { storageVersionHash: hash }),
  };
}

function legacySubresource(info: ResourceInfo, sub: SubresourceInfo): object {
  const foreign = sub.group !== info.group || sub.version !== info.version;
  return {
    name: `${info.resource}/${sub.name}`,
    singularName: "",
    namespaced: info.namespaced,
    ...(foreign && { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

/** Kinds stored under another group and version than the one they are served in. */
const storedAs: Readonly<Record<string, string>> = {
  "autoscaling/v1/HorizontalPodAutoscaler": "autoscaling/v2/HorizontalPodAutoscaler",
  "events.k8s.io/v1/Event": "/v1/Event",
};

function storageVersionHash(info: ResourceInfo): string | undefined {
  if (!info.verbs.includes("create") || !info.verbs.includes("get")) return undefined;
  const served = `${info.group}/${info.version}/${info.kind}`;
  const stored = storedAs[served] ?? served;
  return createHash("sha256").update(stored).digest().subarray(0, 8).toString("base64");
}

/** `/api` (the core group) or `/apis` (all others) as one document. */
export function aggregated(core: boolean): object {
  const names = core ? [""] : groups().map((one) => one.name);
  const items = names.map((name) => ({
    metadata: name === "" ? {} : { name },
    versions: groupVersions()
      .filter((served) => served.group === name)
      .map(({ version }) => ({ version, resources: resourcesOf(name, version).map(aggregatedResource), freshness: "Current" })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResource(info: ResourceInfo): object {
  const subresources = subresourcesOf(info).map((sub) => {
    const foreign = sub.group !== info.group || sub.version !== info.version;
    const responseKind = { group: foreign ? sub.group : "", version: foreign ? sub.version : "", kind: sub.kind };
    return { subresource: sub.name, responseKind, verbs: sub.verbs };
  });
  return {
    resource: info.resource,
    responseKind: { group: "", version: "", kind: info.kind },
    scope: info.namespaced ? "Namespaced" : "Cluster",
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 && { shortNames: info.shortNames }),
    ...(info.categories.length > 0 && { categories: info.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}
