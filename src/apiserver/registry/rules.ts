// What a kind does around a write: its own rules where somebody has written them, the common ones where nobody has.
// Invariant: an object of a kind without rules keeps the two habits of all kinds: /status and the rest do not overwrite each other,
//   and generation counts changes of the spec. Its writes are answered with a warning that says what is missing.
// Called by: create.ts, update.ts. Next on the way: api/kinds.

import { type ApiObject, encodeJson, type FieldError, type KindRules, type ResourceInfo, rulesFor } from "#api";
import { own } from "#lib";
import type { Call } from "../call.ts";

export interface Rules {
  readonly written: KindRules | undefined;
  prepareForCreate(object: ApiObject): void;
  prepareForUpdate(object: ApiObject, old: ApiObject): void;
  prepareForStatusUpdate(object: ApiObject, old: ApiObject): void;
  validate(object: ApiObject): FieldError[];
  validateUpdate(object: ApiObject, old: ApiObject): FieldError[];
  validateStatusUpdate(object: ApiObject, old: ApiObject): FieldError[];
}

function keepField(object: ApiObject, old: ApiObject, field: string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

/** Compares by what would be stored, so that order of keys and absent fields do not count. */
function sameField(info: ResourceInfo, object: ApiObject, old: ApiObject, field: string): boolean {
  const bytes = (one: ApiObject): Buffer => encodeJson({ apiVersion: "", kind: "", metadata: {}, [field]: one[field] }, info.type);
  return bytes(object).equals(bytes(old));
}

export function rulesOf(call: Call): Rules {
  const info = call.core.cache.of(call.resource).shape.info;
  const written = rulesFor(info.group, info.kind);
  const { subresource } = call.info;
  const special = subresource !== "" && written?.subresources && own(written.subresources, subresource);
  const hasStatus = info.subresources.some((one) => one.name === "status");
  return {
    written,
    prepareForCreate(object) {
      if (written?.prepareForCreate) return written.prepareForCreate(object);
      if (!hasStatus) return;
      delete object["status"];
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (special) return special.prepareForUpdate(object, old);
      if (subresource !== "" && subresource !== "scale") return;
      if (written?.prepareForUpdate) return written.prepareForUpdate(object, old);
      if (!hasStatus) return;
      keepField(object, old, "status");
      if (!sameField(info, object, old, "spec")) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    prepareForStatusUpdate(object, old) {
      if (written?.prepareForStatusUpdate) return written.prepareForStatusUpdate(object, old);
      for (const field of new Set([...Object.keys(object), ...Object.keys(old)]))
        if (!["apiVersion", "kind", "metadata", "status"].includes(field)) keepField(object, old, field);
    },
    validate: (object) => written?.validate?.(object) ?? [],
    validateUpdate: (object, old) => (special ? special.validateUpdate(object, old) : (written?.validateUpdate?.(object, old) ?? [])),
    validateStatusUpdate: (object, old) => written?.validateStatusUpdate?.(object, old) ?? [],
  };
}

export function warnUnwritten(call: Call, rules: Rules): void {
  if (rules.written) return;
  const { group, version, kind } = call.resource;
  const where = group === "" ? version : `${group}/${version}`;
  call.warn(`${where} ${kind}: defaults and validation of this kind are not written yet; the object is stored as given`);
}

const unconditional: ReadonlySet<string> = new Set(
  `
  certificates.k8s.io/ClusterTrustBundle certificates.k8s.io/PodCertificateRequest node.k8s.io/RuntimeClass
  policy/PodDisruptionBudget storage.k8s.io/CSIDriver storage.k8s.io/CSIStorageCapacity
  storage.k8s.io/VolumeAttachment storage.k8s.io/CSINode coordination.k8s.io/Lease
  apiextensions.k8s.io/CustomResourceDefinition apiregistration.k8s.io/APIService
  admissionregistration.k8s.io/ValidatingAdmissionPolicy admissionregistration.k8s.io/MutatingAdmissionPolicy
  admissionregistration.k8s.io/MutatingWebhookConfiguration
  admissionregistration.k8s.io/ValidatingWebhookConfiguration
  admissionregistration.k8s.io/MutatingAdmissionPolicyBinding
  admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding
  `
    .trim()
    .split(/\s+/),
);

/** May a PUT without resourceVersion overwrite? Most kinds say yes. */
export function allowsUnconditionalUpdate({ group, kind }: ResourceInfo): boolean {
  return rulesFor(group, kind)?.allowUnconditionalUpdate ?? !unconditional.has(`${group}/${kind}`);
}

const createdByUpdate: ReadonlySet<string> = new Set(
  `
  node.k8s.io/RuntimeClass rbac.authorization.k8s.io/Role rbac.authorization.k8s.io/RoleBinding
  rbac.authorization.k8s.io/ClusterRole rbac.authorization.k8s.io/ClusterRoleBinding coordination.k8s.io/Lease
  /LimitRange /Event events.k8s.io/Event /Service /Endpoints
  `
    .trim()
    .split(/\s+/),
);

/** May a PUT to a name that does not exist create it? */
export function allowsCreateOnUpdate({ group, kind }: ResourceInfo): boolean {
  return rulesFor(group, kind)?.allowCreateOnUpdate ?? createdByUpdate.has(`${group}/${kind}`);
}
