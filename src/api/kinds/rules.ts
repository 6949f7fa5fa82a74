// What a kind knows beyond its fields: defaults, what is kept on a write, what is valid, what selectors may ask, its columns.
// Invariant: rules are pure; `setDefaults` and `prepare…` change only the object given to them, `validate…` change nothing.
// Implemented by: kinds/<kind>.ts. Called by: apiserver/registry (writes), printing/ (tables). Next on the way: index.ts, the list.

import type { ApiObject } from "../machinery/object.ts";
import type { FieldError } from "../meta/fielderrors.ts";

/** Which names a kind takes; messages as upstream words them. */
export type NameRule = "dns1123-subdomain" | "dns1123-label" | "dns1035-label" | "path-segment";

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format: "" | "name" | "date" | "dateTime" | "int32" | "int64";
  readonly description: string;
  /** 0: always shown; 1: with -o wide. */
  readonly priority: number;
}

/** One line of a table. Rows may carry conditions (a finished pod is `Completed`). */
export interface Row {
  readonly cells: readonly unknown[];
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
}

export interface ScalePaths {
  readonly specReplicas: (object: ApiObject) => number;
  readonly setSpecReplicas: (object: ApiObject, replicas: number) => void;
  readonly statusReplicas: (object: ApiObject) => number;
  /** The text of the label selector that Scale's status carries. */
  readonly selector: (object: ApiObject) => string;
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number | undefined;
}

/** A subresource whose body is the object itself: what of it a writer may change there, and what must hold. */
export interface SubresourceRules {
  prepareForUpdate(object: ApiObject, old: ApiObject): void;
  validateUpdate(object: ApiObject, old: ApiObject): FieldError[];
}

export interface KindRules {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly nameRule: NameRule;
  /** Fills in what the writer left out; gets a freshly decoded object. */
  setDefaults?(object: ApiObject): void;
  prepareForCreate?(object: ApiObject): void;
  prepareForUpdate?(object: ApiObject, old: ApiObject): void;
  prepareForStatusUpdate?(object: ApiObject, old: ApiObject): void;
  validate?(object: ApiObject): FieldError[];
  validateUpdate?(object: ApiObject, old: ApiObject): FieldError[];
  validateStatusUpdate?(object: ApiObject, old: ApiObject): FieldError[];
  /** Fields beyond metadata.name and metadata.namespace that a field selector may name. */
  readonly selectableFieldNames?: readonly string[];
  selectableFields?(object: ApiObject): Record<string, string>;
  readonly columns?: readonly Column[];
  row?(object: ApiObject, nowMs: number): Row;
  /** A PUT to a name that does not exist creates it. */
  readonly allowCreateOnUpdate?: boolean;
  /** A PUT without resourceVersion overwrites. */
  readonly allowUnconditionalUpdate?: boolean;
  /**
   * Seconds of grace for a deletion, or undefined for "delete at once". Kinds without it are deleted at once.
   * A pod without a node, or finished, gets 0.
   */
  gracePeriodSeconds?(object: ApiObject, request: DeleteRequest): number;
  readonly scale?: ScalePaths;
  /** By name; `status` and `scale` have rules of their own above. */
  readonly subresources?: Readonly<Record<string, SubresourceRules>>;
}
