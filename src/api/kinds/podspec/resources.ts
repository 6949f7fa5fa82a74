// Requests and limits: known names, amounts that make sense, requests within limits.
// Invariant: resources that cannot be overcommitted (hugepages, extended ones) need request = limit.
// Called by: containers.ts. Next on the way: scheduler/plugins.

import { own } from "#lib";
import type { ResourceRequirements } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isQualifiedName } from "../../meta/names.ts";
import { Quantity } from "../../meta/quantity.ts";
import { nameErrors, sortedEntries } from "../checks.ts";

const standardNames = new Set(["cpu", "memory", "ephemeral-storage", "storage", "pods", "services", "secrets", "configmaps"]);
const containerNames = new Set(["cpu", "memory", "ephemeral-storage"]);
const isHugePages = (name: string): boolean => name.startsWith("hugepages-");
const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");

function nameProblems(field: string, name: string): FieldError[] {
  const errors = nameErrors(field, name, isQualifiedName);
  if (name.includes("/")) {
    const extended = !isNative(name) && !name.startsWith("requests.");
    if (!isNative(name) && !extended) errors.push(fieldError.invalid(field, name, "doesn't follow extended resource name standard"));
    return errors;
  }
  if (errors.length === 0 && !standardNames.has(name) && !isHugePages(name)) {
    errors.push(fieldError.invalid(field, name, "must be a standard resource type or fully qualified"));
  }
  if (!containerNames.has(name) && !isHugePages(name))
    errors.push(fieldError.invalid(field, name, "must be a standard resource for containers"));
  return errors;
}

function amountProblems(field: string, name: string, amount: Quantity): FieldError[] {
  if (amount.sign < 0) return [fieldError.invalid(field, amount.toString(), "must be greater than or equal to 0")];
  if (!isNative(name) && !amount.isInteger) return [fieldError.invalid(field, amount.toString(), "must be an integer")];
  return [];
}

export function validateResources(field: string, resources: ResourceRequirements | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const limits = new Map<string, Quantity>();
  for (const [name, text] of sortedEntries(resources?.limits)) {
    const amount = Quantity.parse(text);
    limits.set(name, amount);
    errors.push(...nameProblems(`${field}.limits[${name}]`, name), ...amountProblems(`${field}.limits[${name}]`, name, amount));
  }
  for (const [name, text] of sortedEntries(resources?.requests)) {
    const amount = Quantity.parse(text);
    const path = `${field}.requests[${name}]`;
    errors.push(...nameProblems(path, name), ...amountProblems(path, name, amount));
    const limit = limits.get(name);
    const overcommit = isNative(name) && !isHugePages(name);
    if (limit && !overcommit && amount.cmp(limit) !== 0) {
      errors.push(fieldError.invalid(`${field}.requests`, amount.toString(), `must be equal to ${name} limit of ${limit.toString()}`));
    } else if (limit && amount.cmp(limit) > 0) {
      errors.push(
        fieldError.invalid(`${field}.requests`, amount.toString(), `must be less than or equal to ${name} limit of ${limit.toString()}`),
      );
    } else if (!limit && !overcommit) {
      errors.push(fieldError.required(`${field}.limits`, "Limit must be set for non overcommitable resources"));
    }
  }
  for (const claim of resources?.claims ?? []) if (own(claim, "name") === "") errors.push(fieldError.required(`${field}.claims`));
  return errors;
}
