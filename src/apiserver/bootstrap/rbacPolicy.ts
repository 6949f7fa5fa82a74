// The roles and bindings that every cluster starts with, unfolded from the compact table.
// Invariant: rbac.gen.json holds facts of one release (see tools/rbac); aggregated roles are computed here, never stored in the table.
// Called by: objects.ts.   Next on the way: ensure.ts, which writes what is missing.

import { readFileSync } from "node:fs";
import type { ApiObject, ObjectMeta } from "#api";
import type { Rule } from "../authz/rules.ts";

interface RoleRow {
  readonly aggregateTo?: readonly string[];
  readonly aggregates?: readonly string[];
  readonly rules?: readonly (readonly string[])[];
}

interface BindingRow {
  readonly role: string;
  readonly subjects: readonly string[];
}

interface Table {
  readonly ClusterRole: Readonly<Record<string, RoleRow>>;
  readonly ClusterRoleBinding: Readonly<Record<string, BindingRow>>;
  readonly Role: Readonly<Record<string, RoleRow>>;
  readonly RoleBinding: Readonly<Record<string, BindingRow>>;
}

const group = "rbac.authorization.k8s.io";
const apiVersion = `${group}/v1`;
export const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";
const aggregateLabel = (to: string): string => `${group}/aggregate-to-${to}`;

function readTable(): Table {
  return JSON.parse(readFileSync(new URL("./rbac.gen.json", import.meta.url), "utf8")) as Table;
}

/** What every node may, whatever becomes of the role `system:node` in the cluster. */
export function nodeRules(): Rule[] {
  return (readTable().ClusterRole["system:node"]?.rules ?? []).map(unpackRule);
}

export function rbacPolicy(): ApiObject[] {
  const table = readTable();
  const objects: ApiObject[] = [];
  for (const [name, row] of Object.entries(table.ClusterRole)) objects.push(clusterRole(name, row, table.ClusterRole));
  for (const [key, row] of Object.entries(table.Role))
    objects.push({ kind: "Role", apiVersion, metadata: metadata(key), rules: (row.rules ?? []).map(unpackRule) });
  for (const kind of ["ClusterRoleBinding", "RoleBinding"] as const)
    for (const [key, row] of Object.entries(table[kind])) objects.push(binding(kind, key, row));
  return objects;
}

function metadata(key: string, labels: readonly string[] = []): ObjectMeta {
  const slash = key.indexOf("/");
  const aggregate = labels.map((to) => [aggregateLabel(to), "true"] as const);
  return {
    name: key.slice(slash + 1),
    ...(slash > 0 && { namespace: key.slice(0, slash) }),
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...Object.fromEntries(aggregate) },
    annotations: { [autoupdate]: "true" },
  };
}

function clusterRole(name: string, row: RoleRow, all: Table["ClusterRole"]): ApiObject {
  const role: ApiObject = {
    kind: "ClusterRole",
    apiVersion,
    metadata: metadata(name, row.aggregateTo),
    rules: rulesOf(row, all).map(unpackRule),
  };
  if (row.aggregates)
    role["aggregationRule"] = { clusterRoleSelectors: row.aggregates.map((to) => ({ matchLabels: { [aggregateLabel(to)]: "true" } })) };
  return role;
}

/** A role's own rules, or those of all roles that it aggregates, in the order of their names and each once. */
function rulesOf(row: RoleRow, all: Table["ClusterRole"]): readonly (readonly string[])[] {
  if (!row.aggregates) return row.rules ?? [];
  const found = Object.values(all)
    .filter((other) => other !== row && other.aggregateTo?.some((to) => row.aggregates?.includes(to)))
    .flatMap((other) => rulesOf(other, all));
  return [...new Map(found.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function unpackRule(row: readonly string[]): Rule {
  const [verbs = "", second = "", resources, names] = row;
  const words = (text: string): string[] => text.split(" ");
  if (resources === undefined) return { verbs: words(verbs), nonResourceURLs: words(second) };
  return {
    verbs: words(verbs),
    apiGroups: words(second).map((name) => (name === "core" ? "" : name)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  };
}

function binding(kind: string, key: string, row: BindingRow): ApiObject {
  const [roleKind = "", roleName = ""] = row.role.split(" ");
  const subjects = row.subjects.map((text) => {
    const [subjectKind = "", name = ""] = text.split(" ");
    if (subjectKind !== "ServiceAccount") return { kind: subjectKind, apiGroup: group, name };
    const slash = name.indexOf("/");
    return { kind: subjectKind, name: name.slice(slash + 1), namespace: name.slice(0, slash) };
  });
  return {
    kind,
    apiVersion,
    metadata: metadata(key),
    ...(subjects.length > 0 && { subjects }),
    roleRef: { apiGroup: group, kind: roleKind, name: roleName },
  };
}
