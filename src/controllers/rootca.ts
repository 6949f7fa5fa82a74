// The root CA publisher: every namespace has a ConfigMap with the authority by which a Pod checks the API server.
// Invariant: the data is always exactly ours; without this ConfigMap no Pod's projected token volume can be mounted.
// Called by: index.ts, the list. Next on the way: replicaset/.

import type { ConfigMap, Namespace } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { own } from "#lib";
import { defineController } from "./framework/define.ts";
import { isAlreadyExists, isNamespaceTerminating, isNotFound, nothing } from "./framework/plan.ts";

const name = "kube-root-ca.crt";
const descriptionAnnotation = "kubernetes.io/description";
// Upstream's words: the annotation is seen in every `kubectl describe configmap`, and tools compare it.
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. " +
  "No other usage is guaranteed across distributions of Kubernetes clusters.";

interface Seen {
  readonly saw: readonly Live<AnyObject>[];
  readonly namespace: Live<Namespace>;
  readonly map: Live<ConfigMap> | undefined;
  readonly rootCa: string;
}

export const rootCa = defineController<Seen>({
  name: "root-ca-certificate-publisher-controller",
  account: "root-ca-cert-publisher",
  watches: [
    { resource: "namespaces", keys: (namespace) => [keyOf(namespace)] },
    { resource: "configmaps", keys: (map) => (map.metadata.name === name ? [map.metadata.namespace ?? ""] : []) },
  ],
  observe(key, world, context) {
    const namespace = world.lister<Namespace>("namespaces").get(key);
    if (!namespace) return undefined;
    const map = world.lister<ConfigMap>("configmaps").get(`${key}/${name}`);
    return { saw: map ? [namespace, map] : [namespace], namespace, map, rootCa: context.rootCa };
  },
  plan({ namespace, map, rootCa }) {
    if (namespace.metadata.deletionTimestamp !== undefined) return nothing("the namespace is going away");
    const data = { "ca.crt": rootCa };
    if (!map) {
      const object = {
        metadata: { namespace: namespace.metadata.name, name, annotations: { [descriptionAnnotation]: description } },
        data,
      };
      const tolerates = (error: Parameters<typeof isNotFound>[0]): boolean =>
        isAlreadyExists(error) || isNotFound(error) || isNamespaceTerminating(error);
      return { actions: [{ verb: "create", resource: "configmaps", object, tolerates }], decision: "the namespace has no root CA" };
    }
    const keys = Object.keys(map.data ?? {});
    if (keys.length === 1 && own(map.data, "ca.crt") === rootCa && own(map.metadata.annotations, descriptionAnnotation))
      return nothing("the root CA is published");
    const metadata = { ...map.metadata, annotations: { ...map.metadata.annotations, [descriptionAnnotation]: description } };
    return {
      actions: [{ verb: "update", resource: "configmaps", object: { ...map, metadata, data } as Live<AnyObject> }],
      decision: "somebody changed the root CA",
    };
  },
});
