// Which secrets, config maps, claims and service accounts the pods of a node name: the graph behind the node authorizer.
// Invariant: an object is reachable from a node exactly while a pod bound to that node names it.
// Called by: the core, which feeds it every pod from the watch cache; node.ts, which asks.
// Next on the way: node.ts.

import type { ApiObject, Pod, Volume } from "#api";

type Vertex = "pod" | "secret" | "configmap" | "pvc" | "serviceaccount" | "resourceclaim";

interface Bound {
  readonly nodeName: string;
  readonly references: readonly string[];
}

export class NodeGraph {
  readonly #pods = new Map<string, Bound>();
  /** `node vertex namespace/name` → how many pods name it. */
  readonly #edges = new Map<string, number>();

  /** By node: pods that changed since somebody asked about it. Most nodes never ask, and their pods are never decoded for this. */
  readonly #unread = new Map<string, Map<string, () => ApiObject>>();
  readonly #unreadAt = new Map<string, string>();

  /** A pod as it is now; `read` is asked when its node does. */
  changed(namespace: string, name: string, nodeName: string, read: () => ApiObject): void {
    const key = `${namespace}/${name}`;
    const before = this.#unreadAt.get(key) ?? this.#pods.get(key)?.nodeName;
    if (before !== undefined && before !== nodeName) this.remove(namespace, name);
    if (nodeName === "") return;
    const unread = this.#unread.get(nodeName);
    if (unread) unread.set(key, read);
    else this.#unread.set(nodeName, new Map([[key, read]]));
    this.#unreadAt.set(key, nodeName);
  }

  #read(nodeName: string): void {
    const unread = this.#unread.get(nodeName);
    if (!unread) return;
    this.#unread.delete(nodeName);
    for (const key of unread.keys()) this.#unreadAt.delete(key);
    for (const read of unread.values()) this.put(read());
  }

  #forget(key: string): void {
    const nodeName = this.#unreadAt.get(key);
    if (nodeName === undefined) return;
    this.#unreadAt.delete(key);
    const unread = this.#unread.get(nodeName);
    unread?.delete(key);
    if (unread?.size === 0) this.#unread.delete(nodeName);
  }

  put(object: ApiObject): void {
    const pod = object as unknown as Pod;
    const { namespace = "", name = "" } = pod.metadata ?? {};
    this.remove(namespace, name);
    const nodeName = pod.spec?.nodeName;
    if (!nodeName) return;
    const references = [...new Set(podReferences(pod))].map((reference) => `${nodeName} ${reference}`);
    this.#pods.set(`${namespace}/${name}`, { nodeName, references });
    for (const edge of references) this.#edges.set(edge, (this.#edges.get(edge) ?? 0) + 1);
  }

  remove(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#forget(key);
    const bound = this.#pods.get(key);
    if (!bound) return;
    this.#pods.delete(key);
    for (const edge of bound.references) {
      const count = (this.#edges.get(edge) ?? 1) - 1;
      if (count === 0) this.#edges.delete(edge);
      else this.#edges.set(edge, count);
    }
  }

  reaches(nodeName: string, vertex: Vertex, namespace: string, name: string): boolean {
    this.#read(nodeName);
    return this.#edges.has(`${nodeName} ${vertex} ${namespace}/${name}`);
  }
}

function podReferences(pod: Pod): string[] {
  const namespace = pod.metadata?.namespace ?? "";
  const found = [`pod ${namespace}/${pod.metadata?.name ?? ""}`];
  // A mirror pod must not open anything to the node that wrote it.
  if (pod.metadata?.annotations && Object.hasOwn(pod.metadata.annotations, "kubernetes.io/config.mirror")) return found;
  const add = (vertex: Vertex, name: string | undefined): void => {
    if (name) found.push(`${vertex} ${namespace}/${name}`);
  };
  const spec = pod.spec;
  add("serviceaccount", spec?.serviceAccountName);
  for (const secret of spec?.imagePullSecrets ?? []) add("secret", secret.name);
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])]) {
    for (const variable of container.env ?? []) {
      add("configmap", variable.valueFrom?.configMapKeyRef?.name);
      add("secret", variable.valueFrom?.secretKeyRef?.name);
    }
    for (const source of container.envFrom ?? []) {
      add("configmap", source.configMapRef?.name);
      add("secret", source.secretRef?.name);
    }
  }
  for (const volume of spec?.volumes ?? []) volumeReferences(volume, pod.metadata?.name ?? "", add);
  for (const claim of pod.status?.resourceClaimStatuses ?? []) add("resourceclaim", claim.resourceClaimName);
  for (const claim of spec?.resourceClaims ?? []) add("resourceclaim", claim.resourceClaimName);
  return found;
}

function volumeReferences(volume: Volume, podName: string, add: (vertex: Vertex, name: string | undefined) => void): void {
  add("configmap", volume.configMap?.name);
  add("secret", volume.secret?.secretName);
  add("pvc", volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral) add("pvc", `${podName}-${volume.name}`);
  for (const source of volume.projected?.sources ?? []) {
    add("configmap", source.configMap?.name);
    add("secret", source.secret?.name);
  }
  add("secret", volume.csi?.nodePublishSecretRef?.name);
  add("secret", volume.flexVolume?.secretRef?.name);
  add("secret", volume.cephfs?.secretRef?.name);
  add("secret", volume.rbd?.secretRef?.name);
  add("secret", volume.iscsi?.secretRef?.name);
  add("secret", volume.azureFile?.secretName);
}
