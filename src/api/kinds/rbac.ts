// Roles and bindings: who may do what.
// Invariant: a binding's roleRef never changes (delete and create instead); names are path segments, so `system:node` is one.
// Called by: kinds/index.ts. Next on the way: apiserver/authz.

import type { ApiObject } from "../machinery/object.ts";
import type { PolicyRule, Role, RoleBinding, Subject } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isDns1123Label, isDns1123Subdomain, isPathSegment } from "../meta/names.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as } from "./common.ts";
import type { KindRules, Row } from "./rules.ts";

const group = "rbac.authorization.k8s.io";

function validateRule(rule: PolicyRule, field: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const has = (list: readonly string[] | undefined): boolean => (list?.length ?? 0) > 0;
  if (!has(rule.verbs)) errors.push(fieldError.required(`${field}.verbs`, "verbs must contain at least one value"));
  if (has(rule.nonResourceURLs)) {
    const path = `${field}.nonResourceURLs`;
    if (namespaced) errors.push(fieldError.invalid(path, rule.nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
    if (has(rule.apiGroups) || has(rule.resources) || has(rule.resourceNames)) {
      errors.push(fieldError.invalid(path, rule.nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return errors;
  }
  if (!has(rule.apiGroups)) errors.push(fieldError.required(`${field}.apiGroups`, "resource rules must supply at least one api group"));
  if (!has(rule.resources)) errors.push(fieldError.required(`${field}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

function validateRole(object: ApiObject): FieldError[] {
  const namespaced = object.kind === "Role";
  return (as<Role>(object).rules ?? []).flatMap((rule, i) => validateRule(rule, `rules[${i}]`, namespaced));
}

function setBindingDefaults(object: ApiObject): void {
  const binding = as<RoleBinding>(object);
  (binding.roleRef ??= {} as RoleBinding["roleRef"]).apiGroup ||= group;
  for (const subject of binding.subjects ?? []) {
    if (subject.apiGroup) continue;
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup = group;
  }
}

function validateSubject(subject: Subject, field: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!subject.name) errors.push(fieldError.required(`${field}.name`));
  const wanted = subject.kind === "ServiceAccount" ? "" : group;
  switch (subject.kind) {
    case "ServiceAccount":
      if (subject.name) {
        for (const complaint of isDns1123Subdomain(subject.name)) errors.push(fieldError.invalid(`${field}.name`, subject.name, complaint));
      }
      if (subject.apiGroup) errors.push(fieldError.notSupported(`${field}.apiGroup`, subject.apiGroup, [""]));
      if (!namespaced && !subject.namespace) errors.push(fieldError.required(`${field}.namespace`));
      if (subject.namespace) {
        for (const complaint of isDns1123Label(subject.namespace))
          errors.push(fieldError.invalid(`${field}.namespace`, subject.namespace, complaint));
      }
      return errors;
    case "User":
    case "Group":
      if ((subject.apiGroup ?? "") !== wanted) errors.push(fieldError.notSupported(`${field}.apiGroup`, subject.apiGroup ?? "", [group]));
      return errors;
    default:
      errors.push(fieldError.notSupported(`${field}.kind`, subject.kind ?? "", ["ServiceAccount", "User", "Group"]));
      return errors;
  }
}

function validateBinding(object: ApiObject): FieldError[] {
  const { roleRef, subjects } = as<RoleBinding>(object);
  const namespaced = object.kind === "RoleBinding";
  const errors: FieldError[] = [];
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (roleRef?.apiGroup !== group) errors.push(fieldError.notSupported("roleRef.apiGroup", roleRef?.apiGroup ?? "", [group]));
  if (!kinds.includes(roleRef?.kind ?? "")) errors.push(fieldError.notSupported("roleRef.kind", roleRef?.kind ?? "", kinds));
  if (!roleRef?.name) errors.push(fieldError.required("roleRef.name"));
  else for (const complaint of isPathSegment(roleRef.name)) errors.push(fieldError.invalid("roleRef.name", roleRef.name, complaint));
  (subjects ?? []).forEach((subject, i) => errors.push(...validateSubject(subject, `subjects[${i}]`, namespaced)));
  return errors;
}

function validateBindingUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const errors = validateBinding(object);
  const [now, then] = [as<RoleBinding>(object).roleRef, as<RoleBinding>(old).roleRef];
  if (now?.apiGroup !== then?.apiGroup || now?.kind !== then?.kind || now?.name !== then?.name) {
    const shown = { APIGroup: now?.apiGroup ?? "", Kind: now?.kind ?? "", Name: now?.name ?? "" };
    errors.push(fieldError.invalid("roleRef", shown, "cannot change roleRef"));
  }
  return errors;
}

function bindingRow(object: ApiObject, nowMs: number): Row {
  const { roleRef, subjects = [] } = as<RoleBinding>(object);
  const named = (kind: string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : (subject.name ?? "")))
      .join(", ");
  const cells = [
    object.metadata.name ?? "",
    `${roleRef?.kind}/${roleRef?.name}`,
    age(object.metadata.creationTimestamp, nowMs),
    named("User"),
    named("Group"),
    named("ServiceAccount"),
  ];
  return { cells };
}

function roleRules(kind: string): KindRules {
  // No columns: kubectl shows the name and the time of creation.
  return {
    group,
    version: "v1",
    kind,
    nameRule: "path-segment",
    validate: validateRole,
    validateUpdate: validateRole,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
  };
}

function bindingRules(kind: string): KindRules {
  return {
    group,
    version: "v1",
    kind,
    nameRule: "path-segment",
    setDefaults: setBindingDefaults,
    validate: validateBinding,
    validateUpdate: validateBindingUpdate,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    columns: [
      nameColumn,
      column("Role", "The role that is granted."),
      ageColumn,
      column("Users", "Users it is granted to.", { wide: true }),
      column("Groups", "Groups it is granted to.", { wide: true }),
      column("ServiceAccounts", "Service accounts it is granted to.", { wide: true }),
    ],
    row: bindingRow,
  };
}

export const rbacKinds: readonly KindRules[] = [
  roleRules("Role"),
  roleRules("ClusterRole"),
  bindingRules("RoleBinding"),
  bindingRules("ClusterRoleBinding"),
];
