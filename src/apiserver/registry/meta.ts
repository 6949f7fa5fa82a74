// What holds for the metadata of every object, whatever its kind: who fills it, what may change, what it may contain.
// Invariant: uid, creationTimestamp and deletionTimestamp are the server's; texts are upstream's.
// Called by: create.ts, update.ts. Next on the way: write.ts.

import {
  type ApiObject,
  byteLength,
  type FieldError,
  fieldError,
  goQuote,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegment,
  isQualifiedName,
  type KindRules,
  maskTrailingDash,
  type ObjectMeta,
  ApiError,
} from "#api";
import { type Clock, type Prng, rfc3339, uuid } from "#lib";

const maxAnnotationBytes = 256 << 10;
const immutable = "field is immutable";

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

/** A new object's beginning: whatever the writer claimed to be the server's is replaced. */
export function fillSystemFields(metadata: ObjectMeta, clock: Clock, prng: Prng): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.generation;
  delete metadata.managedFields;
  metadata.uid = uuid(prng);
  metadata.creationTimestamp = rfc3339(clock.nowMs());
}

/** The path decides the namespace; a body may repeat it, not contradict it. */
export function ensureNamespace(object: ApiObject, namespace: string): void {
  const given = object.metadata.namespace ?? "";
  if (namespace === "") delete object.metadata.namespace;
  else if (given === "" || given === namespace) object.metadata.namespace = namespace;
  else throw ApiError.badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

const nameChecks: Record<KindRules["nameRule"], (name: string) => string[]> = {
  "dns1123-subdomain": isDns1123Subdomain,
  "dns1123-label": isDns1123Label,
  "dns1035-label": isDns1035Label,
  "path-segment": isPathSegment,
};

export function validateMeta(metadata: ObjectMeta, namespaced: boolean, rule: KindRules["nameRule"] = "dns1123-subdomain"): FieldError[] {
  const errors: FieldError[] = [];
  const check = nameChecks[rule];
  const { name = "", generateName = "" } = metadata;
  // A prefix is judged by a name that could come of it, and then the name itself is not.
  if (generateName !== "") {
    for (const text of check(maskTrailingDash(generateName))) errors.push(fieldError.invalid("metadata.generateName", generateName, text));
  }
  if (name === "") errors.push(fieldError.required("metadata.name", "name or generateName is required"));
  else for (const text of check(name)) errors.push(fieldError.invalid("metadata.name", name, text));
  if (namespaced) {
    const namespace = metadata.namespace ?? "";
    if (namespace === "") errors.push(fieldError.required("metadata.namespace"));
    else for (const text of isDns1123Label(namespace)) errors.push(fieldError.invalid("metadata.namespace", namespace, text));
  }
  return [...errors, ...validateCommon(metadata), ...validateFinalizers(metadata.finalizers ?? [])];
}

function validateCommon(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    for (const text of isQualifiedName(key)) errors.push(fieldError.invalid("metadata.labels", key, text));
    for (const text of isLabelValue(value)) errors.push(fieldError.invalid("metadata.labels", value, text));
  }
  let annotationBytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    for (const text of isQualifiedName(key.toLowerCase())) errors.push(fieldError.invalid("metadata.annotations", key, text));
    annotationBytes += byteLength(key) + byteLength(value);
  }
  if (annotationBytes > maxAnnotationBytes) errors.push(fieldError.tooLong("metadata.annotations", maxAnnotationBytes));
  return [...errors, ...validateOwners(metadata)];
}

function validateOwners(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  const field = "metadata.ownerReferences";
  let controller = "";
  for (const owner of metadata.ownerReferences ?? []) {
    if (!owner.apiVersion || owner.apiVersion.endsWith("/"))
      errors.push(fieldError.invalid(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    for (const name of ["kind", "name", "uid"] as const)
      if (!owner[name]) errors.push(fieldError.invalid(`${field}.${name}`, "", "must not be empty"));
    if (owner.apiVersion === "v1" && owner.kind === "Event")
      errors.push(fieldError.invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    if (!owner.controller) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller !== "") {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(fieldError.invalid(field, metadata.ownerReferences, text));
    } else controller = current;
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((name) => isQualifiedName(name).map((text) => fieldError.invalid("metadata.finalizers", name, text)));
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer))
    errors.push(fieldError.invalid("metadata.finalizers", finalizers, `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`));
  return errors;
}

/** What an update inherits: nothing of the server's own can be changed or lost. */
export function inheritSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  if (!metadata.uid && old.uid !== undefined) metadata.uid = old.uid;
  if (old.creationTimestamp !== undefined) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  if (old.generateName !== undefined && metadata.generateName === undefined) metadata.generateName = old.generateName;
  delete metadata.selfLink;
  delete metadata.managedFields;
  if (old.managedFields !== undefined) metadata.managedFields = old.managedFields;
}

export function validateMetaUpdate(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const extra = (metadata.finalizers ?? []).filter((name) => !(old.finalizers ?? []).includes(name)).sort();
    if (extra.length > 0) {
      const list = `[]string{${extra.map(goQuote).join(", ")}}`;
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(fieldError.forbidden("metadata.finalizers", text));
    }
  }
  for (const name of ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const)
    if (metadata[name] !== old[name]) errors.push(fieldError.invalid(`metadata.${name}`, metadata[name] ?? "", immutable));
  return [...errors, ...validateCommon(metadata), ...validateFinalizers(metadata.finalizers ?? [])];
}
