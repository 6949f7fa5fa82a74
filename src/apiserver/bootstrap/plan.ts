// What has to be written so that a stored object again has what the policy wants.
// Invariant: pure; only adds (rules, subjects, labels) to roles and bindings, and leaves those marked `autoupdate: "false"` alone.
// Called by: ensure.ts.   Next on the way: ensure.ts carries the action out.

import { isDeepStrictEqual } from "node:util";
import type { ApiObject } from "#api";
import { own } from "#lib";
import { missingRules, type Rule } from "../authz/rules.ts";
import { autoupdate } from "./rbacPolicy.ts";

export type Action = { readonly type: "none" } | { readonly type: "create" | "update" | "replace"; readonly object: ApiObject };

const none: Action = { type: "none" };

export function plan(wanted: ApiObject, stored: ApiObject | undefined): Action {
  if (!stored) return { type: "create", object: wanted };
  switch (wanted.kind) {
    case "ClusterRole":
    case "Role":
    case "ClusterRoleBinding":
    case "RoleBinding":
      return own(stored.metadata.annotations, autoupdate) === "false" ? none : planRbac(wanted, stored);
    case "Endpoints":
      return enforce(wanted, stored, ["subsets"]);
    case "EndpointSlice":
      return enforce(wanted, stored, ["endpoints", "ports"]);
    case "ConfigMap":
      return enforce(wanted, stored, ["data"]);
    case "Service": {
      const ports = (wanted["spec"] as { ports: unknown }).ports;
      const spec = stored["spec"] as { ports?: unknown };
      return isDeepStrictEqual(ports, spec.ports) ? none : { type: "update", object: { ...stored, spec: { ...spec, ports } } };
    }
    default:
      return none;
  }
}

function enforce(wanted: ApiObject, stored: ApiObject, fields: readonly string[]): Action {
  if (fields.every((field) => isDeepStrictEqual(wanted[field], stored[field]))) return none;
  return { type: "update", object: { ...stored, ...Object.fromEntries(fields.map((field) => [field, wanted[field]])) } };
}

function planRbac(wanted: ApiObject, stored: ApiObject): Action {
  // A binding's role cannot be changed in place.
  if (wanted["roleRef"] && !isDeepStrictEqual(wanted["roleRef"], stored["roleRef"])) return { type: "replace", object: wanted };
  const additions: Record<string, unknown> = {};
  const list = (object: ApiObject, field: string): unknown[] => (object[field] as unknown[] | undefined) ?? [];
  if (wanted["subjects"]) {
    const missing = list(wanted, "subjects").filter(
      (subject) => !list(stored, "subjects").some((held) => isDeepStrictEqual(subject, held)),
    );
    if (missing.length > 0) additions["subjects"] = [...list(stored, "subjects"), ...missing];
  }
  if (wanted["aggregationRule"]) {
    if (!stored["aggregationRule"]) additions["aggregationRule"] = wanted["aggregationRule"];
  } else if (wanted["rules"]) {
    // Equal texts are the common case at every start, and a hundred times cheaper than comparing right by right.
    const same = JSON.stringify(stored["rules"]) === JSON.stringify(wanted["rules"]);
    const missing = same ? [] : missingRules(list(stored, "rules") as Rule[], list(wanted, "rules") as Rule[]);
    if (missing.length > 0) additions["rules"] = [...list(stored, "rules"), ...missing];
  }
  const labels = { ...wanted.metadata.labels, ...stored.metadata.labels };
  const annotations = { ...wanted.metadata.annotations, ...stored.metadata.annotations };
  const sameMarks =
    isDeepStrictEqual(labels, { ...stored.metadata.labels }) && isDeepStrictEqual(annotations, { ...stored.metadata.annotations });
  if (Object.keys(additions).length === 0 && sameMarks) return none;
  return { type: "update", object: { ...stored, metadata: { ...stored.metadata, labels, annotations }, ...additions } };
}
