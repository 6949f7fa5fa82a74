// One RBAC rule: does it allow a request, and does a set of rules cover another set?
// Invariant: pure; a rule with no resources matches no resource request, one with no URLs no path.
// Called by: rbac.ts for each request, escalation.ts for writes of roles and bindings.
// Next on the way: rbacIndex.ts, which finds the rules that concern a user.

import type { Attributes } from "../stages.ts";

/** The form of rbac/v1 PolicyRule. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const has = (set: readonly string[] | undefined, wanted: string, wildcard = "*"): boolean =>
  set !== undefined && (set.includes(wildcard) || set.includes(wanted));

export function ruleAllows(rule: Rule, a: Attributes): boolean {
  if (!has(rule.verbs, a.verb)) return false;
  if (!a.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, a.path));
  if (!has(rule.apiGroups, a.apiGroup ?? "") || !resourceMatches(rule, a.resource ?? "", a.subresource ?? "")) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(a.name ?? "");
}

function resourceMatches(rule: Rule, resource: string, subresource: string): boolean {
  const combined = subresource === "" ? resource : `${resource}/${subresource}`;
  return has(rule.resources, combined) || (subresource !== "" && (rule.resources ?? []).includes(`*/${subresource}`));
}

/** `/healthz/*` covers `/healthz/etcd`, and `*` covers everything. */
function urlCovers(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

/** The parts of `wanted`, one verb and one resource each, that no rule of `owned` grants. */
export function missingRules(owned: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(breakdown).filter((part) => !owned.some((rule) => ruleCovers(rule, part)));
}

function breakdown(rule: Rule): Rule[] {
  const parts: Rule[] = [];
  for (const group of rule.apiGroups ?? [])
    for (const resource of rule.resources ?? [])
      for (const verb of rule.verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (rule.resourceNames?.length) for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] });
        else parts.push(part);
      }
  for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

const coversAll = (owned: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean =>
  (owned ?? []).includes("*") || (wanted ?? []).every((item) => owned?.includes(item));

function ruleCovers(owner: Rule, part: Rule): boolean {
  if (!coversAll(owner.verbs, part.verbs) || !coversAll(owner.apiGroups, part.apiGroups)) return false;
  const resources = (part.resources ?? []).every(
    (path) => has(owner.resources, path) || (path.includes("/") && owner.resources?.includes(`*/${path.slice(path.indexOf("/") + 1)}`)),
  );
  const urls = (part.nonResourceURLs ?? []).every((path) => owner.nonResourceURLs?.some((url) => urlCovers(url, path)));
  const names = !owner.resourceNames?.length || (!!part.resourceNames?.length && coversAll(owner.resourceNames, part.resourceNames));
  return resources && urls && names;
}

/** Joins single-resource rules that differ by verb only, so that an error message stays readable. */
export function compactRules(rules: readonly Rule[]): Rule[] {
  const complex: Rule[] = [];
  const simple = new Map<string, Rule>();
  for (const rule of rules) {
    if (
      rule.nonResourceURLs?.length ||
      rule.apiGroups?.length !== 1 ||
      rule.resources?.length !== 1 ||
      (rule.resourceNames?.length ?? 0) > 1
    ) {
      complex.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []]);
    const known = simple.get(key);
    simple.set(key, known ? { ...known, verbs: [...known.verbs, ...rule.verbs] } : rule);
  }
  return [...complex, ...simple.values()];
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`: the form that error messages use. */
export function describeRule(rule: Rule): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly string[] | undefined): void => {
    if (values?.length) parts.push(`${name}:${quoteList(values)}`);
  };
  add("APIGroups", rule.apiGroups);
  add("Resources", rule.resources);
  add("NonResourceURLs", rule.nonResourceURLs);
  add("ResourceNames", rule.resourceNames);
  add("Verbs", rule.verbs);
  return `{${parts.join(", ")}}`;
}

/** A list as Kubernetes' messages quote it: `["a" "b"]`. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
