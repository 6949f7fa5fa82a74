// Whether a ResourceQuota's and a LimitRange's amounts make sense together.
// Invariant: pure; errors come in upstream's order with upstream's words, names of amounts in byte order.
// Called by: policies.ts. Next on the way: apiserver/admission/limitRanger.ts, resourceQuota.ts.

import { own } from "#lib";
import type { LimitRange, LimitRangeItem, ResourceQuota } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isQualifiedName } from "../meta/names.ts";
import { Quantity } from "../meta/quantity.ts";
import { nameErrors, sortedEntries } from "./checks.ts";

const compute = ["cpu", "memory", "ephemeral-storage"];
const perPod = new Set(compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]).concat("pods"));
const quotaNames = new Set([
  ...perPod,
  "requests.storage",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);
const scopes = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];
const isHugePages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name);
const isStandard = (name: string): boolean => quotaNames.has(name) || isHugePages(name);

function fitsScope(scope: string, name: string): boolean {
  switch (scope) {
    case "BestEffort":
      return name === "pods";
    case "VolumeAttributesClass":
      return name === "persistentvolumeclaims" || name === "requests.storage";
    case "Terminating":
    case "NotTerminating":
    case "NotBestEffort":
    case "PriorityClass":
    case "CrossNamespacePodAffinity":
      return perPod.has(name) || isHugePages(name);
    default:
      return true;
  }
}

function hardErrors(field: string, name: string, text: string): FieldError[] {
  const errors = nameErrors(field, name, isQualifiedName);
  if (!name.includes("/") && !isStandard(name)) {
    errors.push(fieldError.invalid(field, name, "must be a standard resource type or fully qualified"));
    errors.push(fieldError.invalid(field, name, "must be a standard resource for quota"));
  }
  const amount = Quantity.parse(text);
  if (amount.sign < 0) errors.push(fieldError.invalid(field, amount.toString(), "must be greater than or equal to 0"));
  else if (/^(pods|services|secrets|configmaps|count\/)/.test(name) && !amount.isInteger) {
    errors.push(fieldError.invalid(field, amount.toString(), "must be an integer"));
  }
  return errors;
}

export function validateQuota({ spec }: ResourceQuota): FieldError[] {
  const hard = sortedEntries(spec?.hard);
  const errors = hard.flatMap(([name, amount]) => hardErrors(`spec.hard[${name}]`, name, amount));
  const given = spec?.scopes ?? [];
  for (const scope of given) {
    if (!scopes.includes(scope)) errors.push(fieldError.invalid("spec.scopes", given, "unsupported scope"));
    for (const [name] of hard) {
      if (!isStandard(name) || (scopes.includes(scope) && fitsScope(scope, name))) continue;
      if (scopes.includes(scope)) errors.push(fieldError.invalid("spec.scopes", given, "unsupported scope applied to resource"));
    }
  }
  for (const pair of [
    ["BestEffort", "NotBestEffort"],
    ["Terminating", "NotTerminating"],
  ]) {
    if (pair.every((scope) => given.includes(scope))) errors.push(fieldError.invalid("spec.scopes", given, "conflicting scopes"));
  }
  return errors;
}

export function validateQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): FieldError[] {
  const errors = validateQuota(quota);
  const [now, then] = [quota.spec?.scopes ?? [], old.spec?.scopes ?? []];
  if ([...now].sort().join() !== [...then].sort().join()) errors.push(fieldError.invalid("spec.scopes", now, "field is immutable"));
  return errors;
}

function limitErrors(item: LimitRangeItem, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const lists = { max: item.max, min: item.min, default: item.default, defaultRequest: item.defaultRequest };
  const names = new Set([...Object.values(lists), item.maxLimitRequestRatio].flatMap((list) => Object.keys(list ?? {})));
  if (item.type === "Pod") {
    for (const name of ["default", "defaultRequest"] as const) {
      if (Object.keys(item[name] ?? {}).length === 0) continue;
      errors.push(fieldError.forbidden(`${field}.${name}`, "may not be specified when `type` is 'Pod'"));
      lists[name] = {};
    }
  }
  if (item.type === "PersistentVolumeClaim" && !own(item.min, "storage") && !own(item.max, "storage")) {
    const text = "either minimum or maximum storage value is required, but neither was provided";
    errors.push(fieldError.required(`${field}.limits`, text));
  }
  for (const name of [...names].sort()) {
    const of = (list: Readonly<Record<string, string>> | undefined): Quantity | undefined => {
      const text = own(list, name);
      return text === undefined ? undefined : Quantity.parse(text);
    };
    const [max, min, limit, request] = [of(lists.max), of(lists.min), of(lists.default), of(lists.defaultRequest)];
    const complain = (at: string, value: Quantity, text: string): void =>
      void errors.push(fieldError.invalid(`${field}.${at}[${name}]`, value.toString(), text));
    for (const { at, what, low, than, high, shows } of [
      { at: "min", what: "min value", low: min, than: "max value", high: max, shows: min },
      { at: "defaultRequest", what: "min value", low: min, than: "default request value", high: request, shows: request },
      { at: "defaultRequest", what: "default request value", low: request, than: "max value", high: max, shows: request },
      { at: "defaultRequest", what: "default request value", low: request, than: "default limit value", high: limit, shows: request },
      { at: "default", what: "min value", low: min, than: "default value", high: limit, shows: min },
      { at: "default", what: "default value", low: limit, than: "max value", high: max, shows: max },
    ]) {
      if (!low || !high || !shows || low.cmp(high) <= 0) continue;
      complain(at, shows, `${what} ${low.toString()} is greater than ${than} ${high.toString()}`);
    }
    const ratio = of(item.maxLimitRequestRatio);
    if (!ratio) continue;
    if (ratio.cmp(Quantity.fromInteger(1)) < 0) complain("maxLimitRequestRatio", ratio, `ratio ${ratio.toString()} is less than 1`);
    if (!min || !max) continue;
    const widest = max.toNumber() / min.toNumber();
    if (ratio.toNumber() <= widest) continue;
    complain("maxLimitRequestRatio", ratio, `ratio ${ratio.toString()} is greater than max/min = ${widest.toFixed(6)}`);
  }
  return errors;
}

export function validateLimits({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, i) => {
    const field = `spec.limits[${i}]`;
    const again = seen.has(item.type) ? [fieldError.duplicate(`${field}.type`, item.type)] : [];
    seen.add(item.type);
    return [...again, ...limitErrors(item, field)];
  });
}
