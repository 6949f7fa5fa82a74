// Roles and bindings, indexed so that a decision touches only what concerns its user.
// Invariant: equals the last objects it was told about; an aggregating role has the rules of its parts at once, not only when the
// aggregation loop has written them back.
// Called by: the core, which feeds it from the watch cache (`put`, `remove`); rbac.ts, which asks.
// Next on the way: rbac.ts.

import type { ApiObject } from "#api";
import { own } from "#lib";
import type { UserInfo } from "../stages.ts";
import type { Rule } from "./rules.ts";

export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Binding {
  readonly kind: "ClusterRoleBinding" | "RoleBinding";
  readonly name: string;
  readonly namespace: string;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: readonly Subject[];
}

interface Role {
  readonly rules: readonly Rule[];
  readonly labels: Readonly<Record<string, string>>;
  readonly aggregates: readonly LabelSelector[] | undefined;
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** One way in which a user holds a role. */
export interface Grant {
  readonly binding: Binding;
  readonly subject: Subject;
}

const maxFound = 4096;
const serviceAccountPrefix = "system:serviceaccount:";

function subjectKey(subject: Subject, bindingNamespace: string): string {
  if (subject.kind !== "ServiceAccount") return `${subject.kind} ${subject.name}`;
  return `User ${serviceAccountPrefix}${subject.namespace || bindingNamespace}:${subject.name}`;
}

export class RbacIndex {
  readonly #roles = new Map<string, Role>();
  readonly #bindings = new Map<string, Binding>();
  /** Subject → key of binding → the subject as written there. */
  readonly #bySubject = new Map<string, Map<string, Grant>>();
  readonly #compiled = new Map<string, readonly Rule[]>();
  /** What was found for those who asked last; gone with the next change of a binding. */
  readonly #found = new Map<string, readonly Grant[]>();

  /** Whether the index follows objects of this kind. */
  static follows(kind: string): boolean {
    return kind === "ClusterRole" || kind === "Role" || kind === "ClusterRoleBinding" || kind === "RoleBinding";
  }

  put(object: ApiObject): void {
    const { name = "", namespace = "" } = object.metadata;
    const key = `${object.kind} ${namespace}/${name}`;
    if (object.kind === "ClusterRole" || object.kind === "Role") {
      this.#compiled.clear();
      const aggregation = object["aggregationRule"] as { clusterRoleSelectors?: LabelSelector[] } | undefined;
      this.#roles.set(key, {
        rules: (object["rules"] as Rule[] | undefined) ?? [],
        labels: object.metadata.labels ?? {},
        aggregates: aggregation?.clusterRoleSelectors,
      });
    } else if (object.kind === "ClusterRoleBinding" || object.kind === "RoleBinding") {
      this.#dropBinding(key);
      const roleRef = object["roleRef"] as { kind: string; name: string };
      const subjects = (object["subjects"] as Subject[] | undefined) ?? [];
      const binding: Binding = { kind: object.kind, name, namespace, roleKind: roleRef.kind, roleName: roleRef.name, subjects };
      this.#bindings.set(key, binding);
      this.#found.clear();
      for (const subject of subjects) {
        const at = subjectKey(subject, namespace);
        const grants = this.#bySubject.get(at) ?? new Map<string, Grant>();
        if (!grants.has(key)) grants.set(key, { binding, subject });
        this.#bySubject.set(at, grants);
      }
    }
  }

  remove(kind: string, namespace: string | undefined, name: string): void {
    const key = `${kind} ${namespace ?? ""}/${name}`;
    if (this.#roles.delete(key)) this.#compiled.clear();
    this.#dropBinding(key);
  }

  #dropBinding(key: string): void {
    const binding = this.#bindings.get(key);
    if (!binding) return;
    this.#found.clear();
    this.#bindings.delete(key);
    for (const subject of binding.subjects) {
      const at = subjectKey(subject, binding.namespace);
      const grants = this.#bySubject.get(at);
      grants?.delete(key);
      if (grants?.size === 0) this.#bySubject.delete(at);
    }
  }

  /** Grants that hold everywhere, then those of `namespace`; each in the order of binding names, as a decision's reason shows it. */
  grantsFor(user: UserInfo, namespace: string): readonly Grant[] {
    const asker = JSON.stringify([namespace, user.name, user.groups]);
    const known = this.#found.get(asker);
    if (known) return known;
    const grants = this.#search(user, namespace);
    if (this.#found.size >= maxFound) this.#found.clear();
    this.#found.set(asker, grants);
    return grants;
  }

  #search(user: UserInfo, namespace: string): Grant[] {
    const found = new Map<string, Grant>();
    const subjects = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)];
    for (const subject of subjects)
      for (const [key, grant] of this.#bySubject.get(subject) ?? [])
        if (grant.binding.kind === "ClusterRoleBinding" || (namespace !== "" && grant.binding.namespace === namespace)) {
          const known = found.get(key);
          // Upstream names the first subject of the binding that fits.
          if (!known || grant.binding.subjects.indexOf(grant.subject) < grant.binding.subjects.indexOf(known.subject))
            found.set(key, grant);
        }
    return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, grant]) => grant);
  }

  /** The rules behind a reference; undefined when the role does not exist. */
  rulesOf(roleKind: string, roleName: string, namespace: string): readonly Rule[] | undefined {
    const key = roleKind === "Role" ? `Role ${namespace}/${roleName}` : `ClusterRole /${roleName}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const role = this.#roles.get(key);
    if (!role) return undefined;
    // What the aggregation loop wrote back may be older than the roles it was made of.
    const rules = role.aggregates ? this.#aggregated(key, new Set()) : role.rules;
    this.#compiled.set(key, rules);
    return rules;
  }

  #aggregated(key: string, seen: Set<string>): Rule[] {
    seen.add(key);
    const selectors = this.#roles.get(key)?.aggregates ?? [];
    const rules: Rule[] = [];
    for (const [other, role] of this.#roles) {
      if (!other.startsWith("ClusterRole ") || seen.has(other) || !selectors.some((selector) => selects(selector, role.labels))) continue;
      rules.push(...(role.aggregates ? this.#aggregated(other, seen) : role.rules));
    }
    return rules;
  }
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (own(labels, key) !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = own(labels, key);
    if (operator === "Exists" ? value === undefined : operator === "DoesNotExist" && value !== undefined) return false;
    if (operator === "In" && (value === undefined || !values.includes(value))) return false;
    if (operator === "NotIn" && value !== undefined && values.includes(value)) return false;
  }
  return true;
}
