// The RBAC decision: which grant, if any, allows this request.
// Invariant: reads the index only; a member of system:masters never gets here (see authorizer.ts).
// Called by: authorizer.ts, escalation.ts, reviews.ts.   Next on the way: back to the pipeline, which admits or answers 403.

import type { Attributes, UserInfo } from "../stages.ts";
import type { Grant, RbacIndex, Subject } from "./rbacIndex.ts";
import { type Rule, ruleAllows } from "./rules.ts";

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

export function authorizeByRbac(index: RbacIndex, a: Attributes): Decision {
  const missing: string[] = [];
  for (const grant of index.grantsFor(a.user, a.namespace ?? "")) {
    const { binding } = grant;
    const rules = index.rulesOf(binding.roleKind, binding.roleName, binding.namespace);
    if (!rules) missing.push(notFound(binding.roleKind, binding.roleName));
    else if (rules.some((rule) => ruleAllows(rule, a))) return { allowed: true, reason: `RBAC: allowed by ${describeGrant(grant)}` };
  }
  if (missing.length === 0) return { allowed: false, reason: "" };
  return { allowed: false, reason: `RBAC: ${missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`}` };
}

/** All rules that hold for the user in `namespace` ("" for cluster scope only), and what could not be resolved. */
export function rulesFor(index: RbacIndex, user: UserInfo, namespace: string): { rules: Rule[]; errors: string[] } {
  const rules: Rule[] = [];
  const errors: string[] = [];
  for (const { binding } of index.grantsFor(user, namespace)) {
    const found = index.rulesOf(binding.roleKind, binding.roleName, binding.namespace);
    if (found) rules.push(...found);
    else errors.push(notFound(binding.roleKind, binding.roleName));
  }
  return { rules, errors };
}

export function notFound(roleKind: string, roleName: string): string {
  return `${roleKind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleName)} not found`;
}

function describeGrant({ binding, subject }: Grant): string {
  const name = binding.kind === "RoleBinding" ? `${binding.name}/${binding.namespace}` : binding.name;
  const role = `${binding.roleKind} ${JSON.stringify(binding.roleName)}`;
  return `${binding.kind} ${JSON.stringify(name)} of ${role} to ${describeSubject(subject, binding.namespace)}`;
}

function describeSubject(subject: Subject, bindingNamespace: string): string {
  const name = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || bindingNamespace}` : subject.name;
  return `${subject.kind} ${JSON.stringify(name)}`;
}
