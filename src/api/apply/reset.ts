// What a request cannot change, whatever it says, and so does not own: the other side of the object.
// Invariant: pure; the usual case is a rule (a kind with /status), the others stand in the table by name.
// Called by: track.ts, applyconfig.ts. Next on the way: fieldset.ts.

import { findKind, type ResourceInfo } from "../machinery/resources.ts";
import { fieldElement } from "./element.ts";
import { FieldSet } from "./fieldset.ts";

export type Filter = (set: FieldSet) => FieldSet;

const keepAll: Filter = (set) => set;

function without(...paths: readonly string[]): Filter {
  const fields = FieldSet.of(...paths.map((path) => path.split(".").map(fieldElement)));
  return (set) => set.recursiveDifference(fields);
}

/** By `group/kind` and, behind a second slash, the subresource. */
// (pods/ephemeralcontainers and pods/resize filter nothing: who says more there than counts, owns it all the same.)
const exceptions: ReadonlyMap<string, Filter> = new Map([
  ["/Pod/status", without("spec", "metadata.deletionTimestamp", "metadata.ownerReferences")],
  ["/Namespace/finalize", without("status")],
  ["apps/Deployment/status", without("spec", "metadata.labels")],
  ["certificates.k8s.io/CertificateSigningRequest/", without("spec", "status")],
  ["certificates.k8s.io/CertificateSigningRequest/status", without("spec", "status.conditions")],
  ["certificates.k8s.io/CertificateSigningRequest/approval", without("spec", "status.certificate")],
]);

/** Kinds whose /status takes nothing of the metadata. */
const statusKeepsMetadata: ReadonlySet<string> = new Set(
  `
  admissionregistration.k8s.io/ValidatingAdmissionPolicy apiextensions.k8s.io/CustomResourceDefinition apiregistration.k8s.io/APIService
  flowcontrol.apiserver.k8s.io/FlowSchema flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration
  networking.k8s.io/ServiceCIDR resource.k8s.io/ResourceClaim storage.k8s.io/VolumeAttachment
  `
    .trim()
    .split(/\s+/),
);

/** Filters are made once per kind and side. */
const filters = new Map<string, Filter>();

export function resetFilter(info: Pick<ResourceInfo, "group" | "version" | "kind">, subresource: string): Filter {
  const key = `${info.group}/${info.kind}/${subresource}`;
  const known = filters.get(key) ?? exceptions.get(key);
  if (known) return known;
  const made = usual(info, subresource);
  filters.set(key, made);
  return made;
}

function usual({ group, version, kind }: Pick<ResourceInfo, "group" | "version" | "kind">, subresource: string): Filter {
  if (subresource === "status") return statusKeepsMetadata.has(`${group}/${kind}`) ? without("spec", "metadata") : without("spec");
  if (subresource !== "") return keepAll;
  const hasStatus = findKind(group, version, kind)?.subresources.some(({ name }) => name === "status") ?? false;
  return hasStatus ? without("status") : keepAll;
}

const stripped = FieldSet.of(
  ...["apiVersion", "kind", "metadata"].map((name) => [fieldElement(name)]),
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map(
    (name) => [fieldElement("metadata"), fieldElement(name)],
  ),
);

/** What belongs to the server or says which object this is: nobody owns it. */
export function stripMeta(set: FieldSet): FieldSet {
  return set.difference(stripped);
}
