// What every object of the API has, whatever its kind, and the two halves of an apiVersion.
// Invariant: an ApiObject is plain mutable data; keyed maps inside it are read through own() only.
// Used by: everybody. Next on the way: types.gen.ts for the kinds, resources.ts for where they are served.

import type { ObjectMeta } from "./types.gen.ts";

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface GroupVersion {
  group: string;
  version: string;
}

/** `apps/v1` → apps, v1; `v1` → the core group, whose name is empty. */
export function splitApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? { group: "", version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function joinApiVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}
