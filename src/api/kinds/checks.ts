// Checks that many kinds make: not negative, a port, labels, a selector, a name.
// Invariant: each returns field errors in upstream's order and words; keys of maps are visited in byte order.
// Called by: kinds/. Next on the way: objectmeta.ts, podspec/.

import type { LabelSelector } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { compareBytes } from "../meta/gotext.ts";
import { isLabelValue, isPortName, isPortNumber, isQualifiedName } from "../meta/names.ts";

export function nonNegative(field: string, value: number | undefined): FieldError[] {
  return (value ?? 0) < 0 ? [fieldError.invalid(field, value, "must be greater than or equal to 0")] : [];
}

export function nameErrors(field: string, name: string, rule: (name: string) => readonly string[]): FieldError[] {
  return rule(name).map((complaint) => fieldError.invalid(field, name, complaint));
}

export function portNumberErrors(field: string, port: number): FieldError[] {
  return isPortNumber(port).map((complaint) => fieldError.invalid(field, port, complaint));
}

export function portOrNameErrors(field: string, port: number | string): FieldError[] {
  return typeof port === "number" ? portNumberErrors(field, port) : nameErrors(field, port, isPortName);
}

export function sortedEntries<V>(map: Readonly<Record<string, V>> | undefined): [string, V][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => compareBytes(a, b));
}

export function validateLabels(field: string, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  return sortedEntries(labels).flatMap(([key, value]) => [
    ...nameErrors(field, key, isQualifiedName),
    ...isLabelValue(value).map((complaint) => fieldError.invalid(field, value, complaint)),
  ]);
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"];

export function validateLabelSelector(field: string, selector: LabelSelector | undefined): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(`${field}.matchLabels`, selector.matchLabels);
  for (const [i, { key = "", operator = "", values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const path = `${field}.matchExpressions[${i}]`;
    if ((operator === "In" || operator === "NotIn") && values.length === 0) {
      errors.push(fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
      errors.push(fieldError.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else if (!operators.includes(operator)) {
      errors.push(fieldError.invalid(`${path}.operator`, operator, "not a valid selector operator"));
    }
    errors.push(...nameErrors(`${path}.key`, key, isQualifiedName));
    values.forEach((value, j) => errors.push(...nameErrors(`${path}.values[${j}]`, value, isLabelValue)));
  }
  return errors;
}

/** A selector that can be asked: upstream refuses to build one from bad keys, values or operators. */
export function canSelect(selector: LabelSelector | undefined): boolean {
  return validateLabelSelector("", selector).length === 0;
}
