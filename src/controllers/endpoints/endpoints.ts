// Endpoints, the older form of the same: one object per Service, with its name.
// Invariant: ready addresses and those that are not stand apart; the object goes with its Service.
// Called by: index.ts. `kubectl get endpoints` and old clients read it.

import type { EndpointAddress, Endpoints, EndpointSubset, Pod, Service } from "#api";
import type { AnyObject, Live, New } from "#client";
import { type Action, isAlreadyExists, isNamespaceTerminating, isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";
import { type Address, addressesOf, canonical, copiedLabels, hasEndpoints } from "./addresses.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";

export interface SeenEndpoints {
  readonly saw: readonly Live<AnyObject>[];
  readonly service: Live<Service> | undefined;
  readonly pods: readonly Live<Pod>[];
  readonly endpoints: Live<Endpoints> | undefined;
}

export function planEndpoints({ service, pods, endpoints }: SeenEndpoints): Plan {
  if (!service) {
    const ours = endpoints?.metadata.labels?.[managedByLabel] === "endpoint-controller";
    if (!endpoints || !ours) return nothing("no service, no endpoints");
    return {
      actions: [{ verb: "delete", resource: "endpoints", target: targetOf(endpoints), tolerates: isNotFound }],
      decision: "its service is gone",
    };
  }
  if (!hasEndpoints(service)) return nothing("no selector");
  // Unlike a slice, this form cannot say "terminating": such Pods are left out unless the Service wants all.
  const addresses = addressesOf(service, pods).filter((address) => address.ready || !address.terminating);
  const subsets = subsetsOf(addresses);
  const labels = { ...copiedLabels(service), [managedByLabel]: "endpoint-controller" };
  const decision = `${addresses.length} addresses`;
  if (!endpoints) {
    const { namespace = "", name } = service.metadata;
    const object: New<Endpoints> = { metadata: { namespace, name, labels }, subsets };
    const tolerates = (error: Parameters<typeof isNotFound>[0]): boolean => isAlreadyExists(error) || isNamespaceTerminating(error);
    return { actions: [{ verb: "create", resource: "endpoints", object, tolerates }], decision };
  }
  if (canonical([endpoints.subsets ?? [], endpoints.metadata.labels]) === canonical([subsets, labels])) return nothing(decision);
  const object = { ...endpoints, metadata: { ...endpoints.metadata, labels }, subsets };
  const update: Action = { verb: "update", resource: "endpoints", object: object as Live<AnyObject>, tolerates: isNotFound };
  return { actions: [update], decision };
}

function subsetsOf(addresses: readonly Address[]): EndpointSubset[] {
  const groups = new Map<string, Address[]>();
  for (const address of addresses) groups.set(canonical(address.ports), [...(groups.get(canonical(address.ports)) ?? []), address]);
  return [...groups.values()].map((group) => {
    const [ready, rest] = [group.filter((one) => one.ready), group.filter((one) => !one.ready)];
    const ports = group[0]!.ports.map(({ name, ...port }) => (name === "" ? port : { name, ...port }));
    return {
      ...(ready.length === 0 ? {} : { addresses: ready.map(endpointAddress) }),
      ...(rest.length === 0 ? {} : { notReadyAddresses: rest.map(endpointAddress) }),
      ...(ports.length === 0 ? {} : { ports }),
    };
  });
}

function endpointAddress({ ip, pod, hostname }: Address): EndpointAddress {
  const { nodeName } = pod.spec ?? {};
  const { namespace = "", name, uid } = pod.metadata;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}
