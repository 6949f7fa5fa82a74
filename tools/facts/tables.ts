// The input tables of one Kubernetes release, as they lie in ../shared/kubernetes-api, and how their names map onto each other.
// Invariant: nothing is interpreted here that a table states itself.
// Called by: tools/facts/*.ts. Next on the way: merge.ts, which makes one table of three.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Shape {
  readonly type?: string;
  readonly format?: string;
  readonly ref?: string;
  readonly list?: Shape;
  readonly map?: Shape;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}

export interface OpenApiType {
  /** Triples of group, version, kind; the text "every group" for what all of them share. */
  readonly gvk?: string | readonly (readonly [string, string, string])[];
  readonly fields?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly unions?: readonly unknown[];
  readonly scalar?: Shape;
  readonly mapType?: string;
}

export type ProtobufField = readonly [number: number, name: string, type: string, flags: string];

export interface ResourceEntry {
  readonly namespaced: boolean;
  readonly kind: readonly [string, string, string];
  readonly verbs: readonly string[];
  readonly body?: Readonly<Record<string, string>>;
}

export interface Tables {
  readonly types: Readonly<Record<string, OpenApiType>>;
  readonly protobuf: Readonly<Record<string, Readonly<Record<string, readonly ProtobufField[]>>>>;
  readonly resources: Readonly<Record<string, Readonly<Record<string, ResourceEntry>>>>;
}

export function readTables(shared: string): Tables {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(shared, "kubernetes-api", name), "utf8"));
  return {
    types: read("types.json") as Tables["types"],
    protobuf: read("protobuf.json") as Tables["protobuf"],
    resources: read("resources.json") as Tables["resources"],
  };
}

/** `k8s.io.api.core.v1` + `Pod` → `io.k8s.api.core.v1.Pod`: protobuf packages spell dashes as underscores and turn the domain around. */
export function typeName(protobufPackage: string, message: string): string {
  return `${protobufPackage
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator")}.${message}`;
}

/** Only what has graduated: `v1` and `v2`, never `v1beta1`. */
export function isStable(typeOrPackage: string): boolean {
  return !/\.v\d+(alpha|beta)\d+(\.|$)/.test(typeOrPackage);
}
