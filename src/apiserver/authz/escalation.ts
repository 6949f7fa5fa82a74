// Nobody hands out rights that they do not hold: the check on writes of roles and bindings.
// Invariant: called after defaulting, with the object about to be stored; throws the 403 that upstream answers, or returns.
// Called by: the registry's create and update of rbac.authorization.k8s.io.   Next on the way: the store.

import { isDeepStrictEqual } from "node:util";
import { ApiError, type ApiObject } from "#api";
import type { Attributes, UserInfo } from "../stages.ts";
import { type AuthorizerParts, decide, privilegedGroup } from "./authorizer.ts";
import { rulesFor } from "./rbac.ts";
import { compactRules, describeRule, missingRules, quoteList, type Rule } from "./rules.ts";

const group = "rbac.authorization.k8s.io";
const everything: readonly Rule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export interface RbacWrite {
  readonly user: UserInfo;
  readonly object: ApiObject;
  readonly old?: ApiObject | undefined;
}

/** Throws ApiError.forbidden when the write would grant more than its writer holds. Other kinds pass. */
export function checkEscalation(parts: AuthorizerParts, { user, object, old }: RbacWrite): void {
  // Garbage collection may finish its work on a role that it could not grant.
  if (user.groups.includes(privilegedGroup) || (old && onlyCollects(object, old))) return;
  const { name = "", namespace = "" } = object.metadata;
  const refuse = (resource: string, message: string): never => {
    throw ApiError.forbidden({ group, resource }, name, message);
  };
  const ask = (a: Partial<Attributes>): boolean =>
    decide(parts, { user, apiGroup: group, apiVersion: "*", namespace, isResourceRequest: true, path: "", verb: "", ...a } as Attributes)
      .allowed;

  switch (object.kind) {
    case "Role":
    case "ClusterRole": {
      const resource = object.kind === "Role" ? "roles" : "clusterroles";
      // A create carries no name in its request, so `escalate` limited to names cannot allow it.
      if (ask({ verb: "escalate", resource, name: old ? name : "" })) return;
      const missing = missingRights(parts, user, namespace, (object["rules"] as Rule[] | undefined) ?? []);
      if (missing) refuse(resource, missing);
      const aggregates = [object, old].some(
        (role) => (role?.["aggregationRule"] as { clusterRoleSelectors?: unknown[] } | undefined)?.clusterRoleSelectors?.length,
      );
      if (aggregates && missingRights(parts, user, namespace, everything))
        refuse(resource, "must have cluster-admin privileges to use the aggregationRule");
      return;
    }
    case "RoleBinding":
    case "ClusterRoleBinding": {
      const resource = object.kind === "RoleBinding" ? "rolebindings" : "clusterrolebindings";
      const roleRef = object["roleRef"] as { kind: string; name: string };
      const target = roleRef.kind === "Role" ? "roles" : "clusterroles";
      if (ask({ verb: "bind", resource: target, name: roleRef.name })) return;
      const rules = parts.rbac.rulesOf(roleRef.kind, roleRef.name, namespace);
      if (!rules) throw ApiError.notFound({ group, resource }, roleRef.name);
      const missing = missingRights(parts, user, namespace, rules);
      if (missing) refuse(resource, missing);
      return;
    }
    default:
  }
}

function missingRights(parts: AuthorizerParts, user: UserInfo, namespace: string, wanted: readonly Rule[]): string | undefined {
  const { rules, errors } = rulesFor(parts.rbac, user, namespace);
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
  const who = `user ${JSON.stringify(user.name)} (groups=${quoteList(user.groups)})`;
  const resolution = errors.length > 0 ? `; resolution errors: [${errors.join(" ")}]` : "";
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}${resolution}`;
}

/** Labels count as a change: they decide into which roles this one is aggregated. */
function onlyCollects(object: ApiObject, old: ApiObject): boolean {
  const { ownerReferences, finalizers, managedFields, resourceVersion } = old.metadata;
  const restored = { ...object, metadata: { ...object.metadata, ownerReferences, finalizers, managedFields, resourceVersion } };
  return isDeepStrictEqual(JSON.parse(JSON.stringify(restored)), JSON.parse(JSON.stringify(old)));
}
