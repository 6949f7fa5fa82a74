// Small kinds of policy: priority classes, quotas, limit ranges, disruption budgets, storage classes.
// Invariant: defaults and lines are complete; validation holds the main rules and no more (each kind's next step is its own file).
// Called by: kinds/index.ts. Next on the way: apiserver/admission, controllers.

import { isDeepStrictEqual } from "node:util";
import { own } from "#lib";
import type { ApiObject } from "../machinery/object.ts";
import type {
  LimitRange,
  LimitRangeItem,
  PodDisruptionBudget,
  PriorityClass,
  ResourceQuota,
  StorageClass,
} from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isPercent } from "../meta/names.ts";
import { nameErrors, nonNegative, sortedEntries, validateLabelSelector } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, bumpGeneration, keep, roundResourceList, sameOnWire } from "./common.ts";
import { validateLimits, validateQuota, validateQuotaUpdate } from "./limits.ts";
import type { KindRules } from "./rules.ts";

const highestUserPriority = 1_000_000_000;
const systemClasses: Readonly<Record<string, number>> = { "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000 };
const nameOf = (object: ApiObject): string => object.metadata.name ?? "";
const ageOf = (object: ApiObject, nowMs: number): string => age(object.metadata.creationTimestamp, nowMs);

function validatePriority(object: ApiObject): FieldError[] {
  const { value = 0 } = as<PriorityClass>(object);
  if (nameOf(object).startsWith("system-")) {
    if (own(systemClasses, nameOf(object)) === value) return [];
    const text = `priority class names with 'system-' prefix are reserved for system use only. error: ${nameOf(object)} is not a known system priority class`;
    return [fieldError.forbidden("metadata.name", text)];
  }
  return value > highestUserPriority
    ? [fieldError.forbidden("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`)]
    : [];
}

function validatePriorityUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [now, then] = [as<PriorityClass>(object), as<PriorityClass>(old)];
  const errors: FieldError[] = [];
  if ((now.value ?? 0) !== (then.value ?? 0)) errors.push(fieldError.forbidden("value", "may not be changed in an update."));
  if (now.preemptionPolicy !== then.preemptionPolicy) {
    errors.push(fieldError.invalid("preemptionPolicy", now.preemptionPolicy ?? null, "field is immutable"));
  }
  return errors;
}

export const priorityClass: KindRules = {
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    as<PriorityClass>(object).preemptionPolicy ??= "PreemptLowerPriority";
  },
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  validate: validatePriority,
  validateUpdate: validatePriorityUpdate,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Value", "The priority.", { type: "integer" }),
    column("Global-Default", "Whether pods without a class get it.", { type: "boolean" }),
    ageColumn,
    column("PreemptionPolicy", "Whether it may displace others."),
  ],
  row: (object, nowMs) => {
    const { value = 0, globalDefault = false, preemptionPolicy } = as<PriorityClass>(object);
    return { cells: [nameOf(object), value, globalDefault, ageOf(object, nowMs), preemptionPolicy ?? ""] };
  },
};

export const resourceQuota: KindRules = {
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const quota = as<ResourceQuota>(object);
    for (const list of [quota.spec?.hard, quota.status?.hard, quota.status?.used]) roundResourceList(list);
  },
  prepareForCreate: (object) => {
    object["status"] = {};
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: (object) => validateQuota(as<ResourceQuota>(object)),
  validateUpdate: (object, old) => validateQuotaUpdate(as<ResourceQuota>(object), as<ResourceQuota>(old)),
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Request", "Used of allowed requests."), column("Limit", "Used of allowed limits."), ageColumn],
  row: (object, nowMs) => {
    const { status } = as<ResourceQuota>(object);
    const lines = sortedEntries(status?.hard).map(([name, hard]) => [name, `${name}: ${own(status?.used, name) ?? "0"}/${hard}`] as const);
    const pick = (limits: boolean): string =>
      lines.flatMap(([name, line]) => (name.startsWith("limits.") === limits ? [line] : [])).join(", ");
    return { cells: [nameOf(object), pick(false), pick(true), ageOf(object, nowMs)] };
  },
};

function defaultLimit(item: LimitRangeItem): void {
  for (const list of [item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio]) roundResourceList(list);
  if (item.type !== "Container") return;
  item.default = { ...item.max, ...item.default };
  item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
}

/** Limit ranges have no columns of their own: kubectl shows name and creation time. */
export const limitRange: KindRules = {
  group: "",
  version: "v1",
  kind: "LimitRange",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    for (const item of as<LimitRange>(object).spec?.limits ?? []) defaultLimit(item);
  },
  validate: (object) => validateLimits(as<LimitRange>(object)),
  validateUpdate: (object) => validateLimits(as<LimitRange>(object)),
  allowUnconditionalUpdate: true,
};

function validateBudget(object: ApiObject): FieldError[] {
  const { spec } = as<PodDisruptionBudget>(object);
  const errors: FieldError[] = [];
  if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    // Upstream shows its internal form here.
    const shown = {
      MinAvailable: spec.minAvailable,
      Selector: spec.selector ?? null,
      MaxUnavailable: spec.maxUnavailable,
      UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(fieldError.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const name of ["minAvailable", "maxUnavailable"] as const) {
    const value = spec?.[name];
    if (typeof value === "number") errors.push(...nonNegative(`spec.${name}`, value));
    else if (value !== undefined) {
      errors.push(...nameErrors(`spec.${name}`, value, isPercent));
      if (/^\d+%$/.test(value) && Number.parseInt(value, 10) > 100) {
        errors.push(fieldError.invalid(`spec.${name}`, value, "must not be greater than 100%"));
      }
    }
  }
  return [...errors, ...validateLabelSelector("spec.selector", spec?.selector)];
}

export const podDisruptionBudget: KindRules = {
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  nameRule: "dns1123-subdomain",
  prepareForCreate: (object) => {
    object["status"] = {};
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    keep(object, old, "status");
    const spec = (of: ApiObject): object | undefined => as<PodDisruptionBudget>(of).spec;
    bumpGeneration(object, old, !sameOnWire(spec(object), spec(old), "io.k8s.api.policy.v1.PodDisruptionBudgetSpec"));
  },
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateBudget,
  validateUpdate: validateBudget,
  columns: [
    nameColumn,
    column("Min Available", "How many must stay."),
    column("Max Unavailable", "How many may be missing."),
    column("Allowed Disruptions", "How many may go now.", { type: "integer" }),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status } = as<PodDisruptionBudget>(object);
    const text = (value: number | string | undefined): string => String(value ?? "N/A");
    const cells = [
      nameOf(object),
      text(spec?.minAvailable),
      text(spec?.maxUnavailable),
      status?.disruptionsAllowed ?? 0,
      ageOf(object, nowMs),
    ];
    return { cells };
  },
};

const reclaimPolicies = ["Delete", "Retain"];
const bindingModes = ["Immediate", "WaitForFirstConsumer"];

function validateStorageClass(object: ApiObject): FieldError[] {
  const { provisioner, reclaimPolicy = "", volumeBindingMode = "" } = as<StorageClass>(object);
  const errors = provisioner ? [] : [fieldError.required("provisioner")];
  if (!reclaimPolicies.includes(reclaimPolicy)) errors.push(fieldError.notSupported("reclaimPolicy", reclaimPolicy, reclaimPolicies));
  if (!bindingModes.includes(volumeBindingMode)) errors.push(fieldError.notSupported("volumeBindingMode", volumeBindingMode, bindingModes));
  return errors;
}

export const storageClass: KindRules = {
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const view = as<StorageClass>(object);
    view.reclaimPolicy ??= "Delete";
    view.volumeBindingMode ??= "Immediate";
  },
  validate: validateStorageClass,
  validateUpdate: (object, old) => {
    const [now, then] = [as<StorageClass>(object), as<StorageClass>(old)];
    const errors: FieldError[] = [];
    if (now.provisioner !== then.provisioner) errors.push(fieldError.invalid("provisioner", now.provisioner, "field is immutable"));
    if (!isDeepStrictEqual({ ...now.parameters }, { ...then.parameters })) {
      errors.push(fieldError.forbidden("parameters", "updates to parameters are forbidden."));
    }
    if (now.reclaimPolicy !== then.reclaimPolicy)
      errors.push(fieldError.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden."));
    if (now.volumeBindingMode !== then.volumeBindingMode) {
      errors.push(fieldError.invalid("volumeBindingMode", now.volumeBindingMode ?? null, "field is immutable"));
    }
    return errors;
  },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Provisioner", "Who makes the volumes."),
    column("ReclaimPolicy", "What becomes of a volume after its claim."),
    column("VolumeBindingMode", "When a claim is bound."),
    column("AllowVolumeExpansion", "Whether volumes may grow."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const view = as<StorageClass>(object);
    const isDefault = own(object.metadata.annotations, "storageclass.kubernetes.io/is-default-class") === "true";
    const cells = [
      `${nameOf(object)}${isDefault ? " (default)" : ""}`,
      view.provisioner ?? "",
      view.reclaimPolicy ?? "Delete",
      view.volumeBindingMode ?? "Immediate",
      view.allowVolumeExpansion ?? false,
      ageOf(object, nowMs),
    ];
    return { cells };
  },
};
