// APIServices of the groups that this server serves itself: what `kubectl get apiservices` shows.
// Invariant: one per group and version, named by both; priorities are upstream's.
// Called by: objects.ts. Next on the way: the order of groups in discovery, which follows them.

import { type ApiObject, groupVersions } from "#api";
import { own } from "#lib";

/** Priority of the group; versions have 15 unless they say otherwise. */
const priorities: Readonly<Record<string, readonly [group: number, version?: number]>> = {
  "v1.": [18000, 1],
  "v1.events.k8s.io": [17750],
  "v1.apps": [17800],
  "v1.authentication.k8s.io": [17700],
  "v1.authorization.k8s.io": [17600],
  "v1.autoscaling": [17500],
  "v2.autoscaling": [17500, 30],
  "v1.batch": [17400],
  "v1.certificates.k8s.io": [17300],
  "v1.networking.k8s.io": [17200],
  "v1.policy": [17100],
  "v1.rbac.authorization.k8s.io": [17000],
  "v1.storage.k8s.io": [16800],
  "v1.apiextensions.k8s.io": [16700],
  "v1.admissionregistration.k8s.io": [16700],
  "v1.scheduling.k8s.io": [16600],
  "v1.coordination.k8s.io": [16500],
  "v1.node.k8s.io": [16300],
  "v1.discovery.k8s.io": [16200],
  "v1.resource.k8s.io": [16200, 21],
  "v1.flowcontrol.apiserver.k8s.io": [16100, 21],
};

export function localApiServices(): ApiObject[] {
  return groupVersions().flatMap(({ group, version }) => {
    const name = `${version}.${group}`;
    const found = own(priorities, name);
    if (!found) return [];
    const [groupPriorityMinimum, versionPriority = 15] = found;
    return [
      {
        kind: "APIService",
        apiVersion: "apiregistration.k8s.io/v1",
        metadata: { name, labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" } },
        spec: { ...(group !== "" && { group }), version, groupPriorityMinimum, versionPriority },
      },
    ];
  });
}
