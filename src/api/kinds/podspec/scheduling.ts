// Where a pod may run: tolerations and affinities that can be evaluated.
// Invariant: errors in upstream's order and words; weights are 1 to 100, topology keys are label keys.
// Called by: validation.ts, update.ts. Next on the way: scheduler/plugins.

import type { Affinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Toleration } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isLabelValue, isQualifiedName } from "../../meta/names.ts";
import { nameErrors, validateLabelSelector } from "../checks.ts";

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTolerations(field: string, tolerations: readonly Toleration[]): FieldError[] {
  return tolerations.flatMap(({ key = "", operator = "", value = "", effect = "", tolerationSeconds }, i) => {
    const path = `${field}[${i}]`;
    const errors = key ? nameErrors(`${path}.key`, key, isQualifiedName) : [];
    if (!key && operator !== "Exists") {
      const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(fieldError.invalid(`${path}.operator`, operator, text));
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      errors.push(fieldError.invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === "Equal" || operator === "") {
      const bad = isLabelValue(value);
      if (bad.length > 0) errors.push(fieldError.invalid(`${path}.operator`, value, bad.join(";")));
    } else if (operator === "Exists") {
      if (value) errors.push(fieldError.invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else {
      const known = operator === "Lt" || operator === "Gt" ? ["Equal", "Exists", "Lt", "Gt"] : ["Equal", "Exists"];
      errors.push(fieldError.notSupported(`${path}.operator`, operator, known));
    }
    if (effect && !effects.includes(effect)) errors.push(fieldError.notSupported(`${path}.effect`, effect, effects));
    return errors;
  });
}

function validateRequirement(field: string, requirement: NodeSelectorRequirement): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(fieldError.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0)
        errors.push(fieldError.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1)
        errors.push(fieldError.required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(fieldError.invalid(`${field}.operator`, operator ?? "", "not a valid selector operator"));
  }
  return [...errors, ...nameErrors(`${field}.key`, key ?? "", isQualifiedName)];
}

function validateTerm(field: string, term: NodeSelectorTerm): FieldError[] {
  return (term.matchExpressions ?? []).flatMap((one, i) => validateRequirement(`${field}.matchExpressions[${i}]`, one));
}

function weightErrors(field: string, weight: number | undefined): FieldError[] {
  return weight !== undefined && weight >= 1 && weight <= 100
    ? []
    : [fieldError.invalid(`${field}.weight`, weight ?? 0, "must be in the range 1-100")];
}

function validatePodTerm(field: string, term: PodAffinityTerm): FieldError[] {
  const errors = validateLabelSelector(`${field}.labelSelector`, term.labelSelector);
  if (!term.topologyKey) errors.push(fieldError.required(`${field}.topologyKey`, "can not be empty"));
  return [...errors, ...nameErrors(`${field}.topologyKey`, term.topologyKey ?? "", isQualifiedName)];
}

export function validateAffinity(field: string, affinity: Affinity | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const node = affinity?.nodeAffinity;
  const terms = node?.[required]?.nodeSelectorTerms;
  if (node?.[required]) {
    const path = `${field}.nodeAffinity.${required}.nodeSelectorTerms`;
    if (!terms?.length) errors.push(fieldError.required(path, "must have at least one node selector term"));
    terms?.forEach((term, i) => errors.push(...validateTerm(`${path}[${i}]`, term)));
  }
  for (const [i, term] of (node?.[preferred] ?? []).entries()) {
    const path = `${field}.nodeAffinity.${preferred}[${i}]`;
    errors.push(...weightErrors(path, term.weight), ...validateTerm(`${path}.preference`, term.preference ?? {}));
  }
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const rules = affinity?.[kind];
    rules?.[required]?.forEach((term, i) => errors.push(...validatePodTerm(`${field}.${kind}.${required}[${i}]`, term)));
    rules?.[preferred]?.forEach((term, i) => {
      const path = `${field}.${kind}.${preferred}[${i}]`;
      errors.push(
        ...weightErrors(path, term.weight),
        ...validatePodTerm(`${path}.podAffinityTerm`, term.podAffinityTerm ?? ({} as PodAffinityTerm)),
      );
    });
  }
  return errors;
}
