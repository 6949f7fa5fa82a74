// What a node may write: its own Node and Lease, the status of pods bound to it, tokens for those pods, mirror pods.
// Invariant: users that are no nodes pass untouched; every refusal is upstream's text behind `is forbidden:`.
// Called by: admission, after defaulting and before validation.   Next on the way: the registry.

import { ApiError, type ApiObject, type Node, type ObjectMeta, type Pod } from "#api";
import type { ObjectReader, UserInfo } from "../stages.ts";
import { nodeNameOf } from "./node.ts";

export interface NodeWrite {
  readonly user: UserInfo;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object?: ApiObject | undefined;
  readonly old?: ApiObject | undefined;
}

const quote = (text: string): string => JSON.stringify(text);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

function refuse(write: NodeWrite, message: string): never {
  throw ApiError.forbidden({ group: write.group, resource: write.resource }, write.name, message);
}

export async function checkNodeRestriction(reader: ObjectReader, write: NodeWrite): Promise<void> {
  const nodeName = nodeNameOf(write.user);
  if (nodeName === undefined) return;
  if (nodeName === "") refuse(write, `could not determine node from user ${quote(write.user.name)}`);
  switch (`${write.group}/${write.resource}`) {
    case "/pods":
      return checkPods(reader, write, nodeName);
    case "/nodes":
      return checkNode(write, nodeName);
    case "/serviceaccounts":
      return checkToken(reader, write, nodeName);
    case "/persistentvolumeclaims":
      return write.subresource === "status" ? undefined : refuse(write, "may only update PVC status");
    case "coordination.k8s.io/leases":
      if (write.operation === "CREATE" ? write.object?.metadata.name !== nodeName : write.name !== nodeName)
        refuse(write, "can only access node lease with the same name as the requesting node");
      return;
    case "storage.k8s.io/csinodes":
      if (write.operation === "CREATE" ? write.object?.metadata.name !== nodeName : write.name !== nodeName)
        refuse(write, "can only access CSINode with the same name as the requesting node");
      return;
    default:
  }
}

async function checkPods(reader: ObjectReader, write: NodeWrite, nodeName: string): Promise<void> {
  const boundHere = async (verb: string): Promise<void> => {
    const pod = write.old ?? (await reader.get("", "pods", write.namespace, write.name));
    if (!pod) throw ApiError.notFound({ group: "", resource: "pods" }, write.name);
    if ((pod as unknown as Pod).spec?.nodeName !== nodeName)
      refuse(write, `node ${quote(nodeName)} can only ${verb} pods with spec.nodeName set to itself`);
  };
  switch (write.subresource) {
    case "":
      if (write.operation === "DELETE") return boundHere("delete");
      if (write.operation === "CREATE") return checkMirrorPod(reader, write, nodeName);
      return refuse(
        write,
        `unexpected operation ${quote(write.operation)}, node ${quote(nodeName)} can only create and delete mirror pods`,
      );
    case "status":
      if (write.operation !== "UPDATE") refuse(write, `unexpected operation ${quote(write.operation)}`);
      await boundHere("update pod status for");
      if (write.object && write.old && !same(sorted(write.object.metadata.labels), sorted(write.old.metadata.labels)))
        refuse(write, `node ${quote(nodeName)} cannot update labels through pod status`);
      return;
    case "eviction":
      return boundHere("evict");
    default:
      refuse(write, `unexpected pod subresource ${quote(write.subresource)}, only 'status' and 'eviction' are allowed`);
  }
}

const sorted = (labels: ObjectMeta["labels"]): unknown => Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

async function checkMirrorPod(reader: ObjectReader, write: NodeWrite, nodeName: string): Promise<void> {
  const node = `node ${quote(nodeName)}`;
  const pod = write.object as unknown as Pod;
  const mirror = "kubernetes.io/config.mirror";
  if (!Object.hasOwn(pod.metadata?.annotations ?? {}, mirror))
    refuse(write, `pod does not have ${quote(mirror)} annotation, ${node} can only create mirror pods`);
  if (pod.spec?.nodeName !== nodeName) refuse(write, `${node} can only create pods with spec.nodeName set to itself`);
  const [owner, second] = pod.metadata?.ownerReferences ?? [];
  if (second) refuse(write, `${node} can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== nodeName)
    refuse(write, `${node} can only create pods with an owner reference set to itself`);
  if (!owner?.controller) refuse(write, `${node} can only create pods with a controller owner reference set to itself`);
  if (owner?.blockOwnerDeletion) refuse(write, `${node} must not set blockOwnerDeletion on an owner reference`);
  const stored = await reader.get("", "nodes", "", nodeName);
  if (!stored) throw ApiError.notFound({ group: "", resource: "nodes" }, nodeName);
  if (owner?.uid !== stored.metadata.uid) refuse(write, `node ${nodeName} UID mismatch: expected ${owner?.uid} got ${stored.metadata.uid}`);
  if (pod.spec?.serviceAccountName) refuse(write, `${node} can not create pods that reference serviceaccounts`);
}

function checkNode(write: NodeWrite, nodeName: string): void {
  const node = write.object as unknown as Node | undefined;
  const old = write.old as unknown as Node | undefined;
  const requested = write.name || node?.metadata?.name || "";
  if (requested !== nodeName) refuse(write, `node ${quote(nodeName)} is not allowed to modify node ${quote(requested)}`);
  if (write.operation === "DELETE" || !node) return;
  const modified = forbiddenLabels(node.metadata?.labels ?? {}, old?.metadata?.labels ?? {});
  if (write.operation === "CREATE") {
    if (modified.length > 0) refuse(write, `node ${quote(nodeName)} is not allowed to set the following labels: ${modified.join(", ")}`);
    return;
  }
  if (!same(node.spec?.taints, old?.spec?.taints)) refuse(write, `node ${quote(nodeName)} is not allowed to modify taints`);
  if (!same(node.metadata?.ownerReferences, old?.metadata?.ownerReferences))
    refuse(write, `node ${quote(nodeName)} is not allowed to modify ownerReferences`);
  if (modified.length > 0) refuse(write, `is not allowed to modify labels: ${modified.join(", ")}`);
}

const kubeletLabels: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

/** Labels under Kubernetes' own prefixes decide where pods run; a node may set only those about itself. */
function forbiddenLabels(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string[] {
  const value = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
    Object.hasOwn(labels, key) ? labels[key] : undefined;
  const modified = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => value(now, key) !== value(before, key));
  return modified.filter(isForbiddenLabel).sort();
}

function isForbiddenLabel(key: string): boolean {
  const prefix = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const under = (domain: string): boolean => prefix === domain || prefix.endsWith(`.${domain}`);
  if (under("node-restriction.kubernetes.io")) return true;
  if (!under("kubernetes.io") && !under("k8s.io")) return false;
  return !kubeletLabels.has(key) && !under("kubelet.kubernetes.io") && !under("node.kubernetes.io");
}

async function checkToken(reader: ObjectReader, write: NodeWrite, nodeName: string): Promise<void> {
  if (write.operation !== "CREATE" || write.subresource !== "token") return;
  const spec = (write.object?.["spec"] ?? {}) as {
    audiences?: readonly string[] | null;
    boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string } | null;
  };
  const ref = spec.boundObjectRef;
  if (ref?.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) return refuse(write, "node requested token not bound to a pod");
  if (!ref.uid) refuse(write, "node requested token with a pod binding without a uid");
  const found = await reader.get("", "pods", write.namespace, ref.name);
  if (!found) throw ApiError.notFound({ group: "", resource: "pods" }, ref.name);
  const pod = found as unknown as Pod;
  if (ref.uid !== found.metadata.uid)
    refuse(
      write,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec?.nodeName !== nodeName) refuse(write, "node requested token bound to a pod scheduled on a different node");
  const audiences = spec.audiences ?? [];
  if (audiences.length > 1) refuse(write, "node may only request 0 or 1 audiences");
  const sources = (pod.spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  const audience = audiences[0] ?? "";
  if (!sources.some((source) => source.serviceAccountToken && (source.serviceAccountToken.audience ?? "") === audience))
    refuse(
      write,
      `audience ${quote(audience)} not found in pod spec volume, ${write.user.name} is not authorized to request tokens for this audience`,
    );
}
