// Objects as a Table, the form kubectl asks for: columns by kind, one row an object.
// Invariant: cells come from the kind's own `row`; a kind without columns shows name and creation time.
// Called by: apiserver (Accept … as=Table). Next on the way: kinds/columns.ts for cells.

import { rulesFor } from "../kinds/index.ts";
import type { Column } from "../kinds/rules.ts";
import type { ApiObject } from "../machinery/object.ts";
import type { ResourceInfo } from "../machinery/resources.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  readonly nowMs: number;
  readonly includeObject?: IncludeObject;
  /** In a watch, only the first table carries the columns. */
  readonly noHeaders?: boolean;
  readonly metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
}

export interface TableRow {
  cells: readonly unknown[];
  conditions?: readonly unknown[];
  object?: object;
}

export interface TableObject {
  kind: "Table";
  apiVersion: "meta.k8s.io/v1";
  metadata: object;
  columnDefinitions: readonly Column[] | null;
  rows: TableRow[];
}

const plainColumns: readonly Column[] = [
  { name: "Name", type: "string", format: "name", description: "Name of the object, unique within its namespace and kind.", priority: 0 },
  { name: "Created At", type: "date", format: "", description: "When the object was created.", priority: 0 },
];

export function columnsOf(info: Pick<ResourceInfo, "group" | "kind">): readonly Column[] {
  return rulesFor(info.group, info.kind)?.columns ?? plainColumns;
}

export function printRow(info: Pick<ResourceInfo, "group" | "kind">, object: ApiObject, options: TableOptions): TableRow {
  const rules = rulesFor(info.group, info.kind);
  const { cells, conditions } = rules?.row?.(object, options.nowMs) ?? {
    cells: [object.metadata.name ?? "", object.metadata.creationTimestamp ?? null],
  };
  const row: TableRow = conditions ? { cells, conditions } : { cells };
  const include = options.includeObject ?? "Metadata";
  if (include === "Object") row.object = object;
  else if (include === "Metadata") row.object = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
  return row;
}

export function printTable(info: Pick<ResourceInfo, "group" | "kind">, objects: readonly ApiObject[], options: TableOptions): TableObject {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: options.noHeaders ? null : columnsOf(info),
    rows: objects.map((object) => printRow(info, object, options)),
  };
}
