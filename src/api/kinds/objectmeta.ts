// The metadata that every object has: its name by the kind's rule, labels, annotations, owners, finalizers.
// Invariant: checked before the kind's own fields, with upstream's words; what a server sets cannot be changed by a writer.
// Called by: apiserver/registry on every write. Next on the way: rules.ts, for the kind's own checks.

import type { ObjectMeta, OwnerReference } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { byteLength } from "../meta/gotext.ts";
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isPathSegment, isQualifiedName, maskTrailingDash } from "../meta/names.ts";
import { nameErrors, nonNegative, sortedEntries, validateLabels } from "./checks.ts";
import type { NameRule } from "./rules.ts";

const maxAnnotationBytes = 256 * 1024;

const rules: Readonly<Record<NameRule, (name: string) => string[]>> = {
  "dns1123-subdomain": isDns1123Subdomain,
  "dns1123-label": isDns1123Label,
  "dns1035-label": isDns1035Label,
  "path-segment": isPathSegment,
};

export function validateName(rule: NameRule, name: string): string[] {
  return rules[rule](name);
}

export function validateAnnotations(field: string, annotations: Readonly<Record<string, string>> | undefined): FieldError[] {
  let size = 0;
  const errors: FieldError[] = [];
  for (const [key, value] of sortedEntries(annotations)) {
    for (const complaint of isQualifiedName(key.toLowerCase())) errors.push(fieldError.invalid(field, key, complaint));
    size += byteLength(key) + byteLength(value);
  }
  if (size > maxAnnotationBytes) errors.push(fieldError.tooLong(field, maxAnnotationBytes));
  return errors;
}

function validateOwners(field: string, owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller = "";
  for (const owner of owners) {
    const version = (owner.apiVersion ?? "").split("/").at(-1);
    if (!version) errors.push(fieldError.invalid(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    if (!owner.kind) errors.push(fieldError.invalid(`${field}.kind`, "", "must not be empty"));
    if (!owner.name) errors.push(fieldError.invalid(`${field}.name`, "", "must not be empty"));
    if (!owner.uid) errors.push(fieldError.invalid(`${field}.uid`, "", "must not be empty"));
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(fieldError.invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== "") {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(fieldError.invalid(field, owners, text));
    } else controller = name;
  }
  return errors;
}

function validateFinalizers(field: string, finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => nameErrors(field, finalizer, isQualifiedName));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(fieldError.invalid(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}

const standardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

/** A finalizer without a domain must be one of Kubernetes' own. */
function standardFinalizerErrors(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((finalizer, i) => {
    if (finalizer.includes("/") || standardFinalizers.includes(finalizer)) return [];
    const text = "name is neither a standard finalizer name nor is it fully qualified";
    return [fieldError.invalid(`metadata.finalizers[${i}]`, finalizer, text)];
  });
}

export interface MetaRules {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
}

/** On creation, after a name has been generated. */
export function validateObjectMeta(meta: ObjectMeta, { namespaced, nameRule }: MetaRules): FieldError[] {
  const errors: FieldError[] = [];
  const check = rules[nameRule];
  if (meta.generateName) {
    for (const complaint of check(maskTrailingDash(meta.generateName))) {
      errors.push(fieldError.invalid("metadata.generateName", meta.generateName, complaint));
    }
  }
  if (!meta.name) errors.push(fieldError.required("metadata.name", "name or generateName is required"));
  else errors.push(...nameErrors("metadata.name", meta.name, check));
  if (namespaced) {
    if (!meta.namespace) errors.push(fieldError.required("metadata.namespace"));
    else errors.push(...nameErrors("metadata.namespace", meta.namespace, isDns1123Label));
  } else if (meta.namespace) {
    errors.push(fieldError.forbidden("metadata.namespace", "not allowed on this type"));
  }
  errors.push(...nonNegative("metadata.generation", meta.generation));
  const finalizers = meta.finalizers ?? [];
  return [
    ...errors,
    ...validateCommon(meta),
    ...validateFinalizers("metadata.finalizers", finalizers),
    ...standardFinalizerErrors(finalizers),
  ];
}

function validateCommon(meta: ObjectMeta): FieldError[] {
  return [
    ...validateLabels("metadata.labels", meta.labels),
    ...validateAnnotations("metadata.annotations", meta.annotations),
    ...validateOwners("metadata.ownerReferences", meta.ownerReferences ?? []),
  ];
}

const immutable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

/** On update: both objects carry what the server has filled in. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((one) => !(old.finalizers ?? []).includes(one)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((one) => JSON.stringify(one)).join(", ")}}`;
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(fieldError.forbidden("metadata.finalizers", text));
    }
  }
  if (!meta.resourceVersion) errors.push(fieldError.invalid("metadata.resourceVersion", "", "must be specified for an update"));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(fieldError.invalid("metadata.generation", meta.generation ?? 0, "must not be decremented"));
  }
  for (const field of immutable) {
    if ((meta[field] ?? "") === (old[field] ?? "")) continue;
    const absent = field.endsWith("Timestamp") || field.endsWith("Seconds") ? null : "";
    errors.push(fieldError.invalid(`metadata.${field}`, meta[field] ?? absent, "field is immutable"));
  }
  return [...errors, ...validateCommon(meta), ...standardFinalizerErrors(meta.finalizers ?? [])];
}
