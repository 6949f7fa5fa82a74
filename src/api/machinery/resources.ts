// What is served where: every resource and subresource of the groups that are on by default, as discovery tells them.
// Invariant: only stable versions; order is upstream's order of discovery; nothing here changes while the process runs.
// Called by: apiserver (routes, discovery), client, controllers. Next on the way: facts.ts, the types behind them.

import { readFileSync } from "node:fs";
import { own } from "#lib";
import { categories, servedGroupVersions, shortNames } from "./names.ts";
import { joinApiVersion, splitApiVersion } from "./object.ts";

export interface SubresourceInfo {
  readonly name: string;
  /** Group, version and kind of the body. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly type?: string;
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  /** The plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** The name under which the table of facts knows the body. */
  readonly type: string;
  readonly subresources: readonly SubresourceInfo[];
}

type SubresourceRow = [name: string, group: string, version: string, kind: string, verbs: string, type: string];
type ResourceRow = [resource: string, kind: string, namespaced: 0 | 1, verbs: string, type: string, subresources: SubresourceRow[]];

function readRows(): Readonly<Record<string, readonly ResourceRow[]>> {
  return JSON.parse(readFileSync(new URL("./resources.gen.json", import.meta.url), "utf8")) as Record<string, ResourceRow[]>;
}

function resourceOf(groupVersion: string, [resource, kind, namespaced, verbs, type, subresources]: ResourceRow): ResourceInfo {
  return {
    ...splitApiVersion(groupVersion),
    resource,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: namespaced === 1,
    verbs: verbs.split(" "),
    shortNames: own(shortNames, resource) ?? [],
    categories: own(categories, resource) ?? [],
    type,
    subresources: subresources.map((row) => ({
      name: row[0],
      group: row[1],
      version: row[2],
      kind: row[3],
      verbs: row[4].split(" "),
      ...(row[5] !== "" && { type: row[5] }),
    })),
  };
}

function buildResources(): readonly ResourceInfo[] {
  const rows = readRows();
  return servedGroupVersions.flatMap((groupVersion) => (own(rows, groupVersion) ?? []).map((row) => resourceOf(groupVersion, row)));
}

// A table of constants, read once: not state, for nothing ever writes to it.
export const resources: readonly ResourceInfo[] = buildResources();
const byResource = new Map(resources.map((info) => [`${joinApiVersion(info.group, info.version)}/${info.resource}`, info]));
const byKind = new Map(resources.toReversed().map((info) => [`${joinApiVersion(info.group, info.version)}/${info.kind}`, info]));

export function findResource(group: string, version: string, resource: string): ResourceInfo | undefined {
  return byResource.get(`${joinApiVersion(group, version)}/${resource}`);
}

export function findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
  return byKind.get(`${joinApiVersion(group, version)}/${kind}`);
}

export interface ServedGroupVersion {
  readonly group: string;
  readonly version: string;
  readonly preferred: boolean;
}

/** In upstream's order of discovery. */
export function groupVersions(): readonly ServedGroupVersion[] {
  const seen = new Set<string>();
  return servedGroupVersions.map((groupVersion) => {
    const { group, version } = splitApiVersion(groupVersion);
    const preferred = !seen.has(group);
    seen.add(group);
    return { group, version, preferred };
  });
}
