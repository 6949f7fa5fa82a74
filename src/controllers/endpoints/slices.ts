// EndpointSlices of a Service: at most a hundred addresses each, grouped by the ports they mean.
// Invariant: an existing slice is reused for its ports before a new one is made; a Service never is without any slice.
// Called by: index.ts. Proxies and DNS read these.

import type { Endpoint, EndpointSlice, Pod, Service } from "#api";
import { type AnyObject, controllerReference, type Live, type New } from "#client";
import { type Action, isNamespaceTerminating, isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";
import { type Address, addressesOf, canonical, copiedLabels, hasEndpoints, type ResolvedPort } from "./addresses.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const manager = "endpointslice-controller.k8s.io";

const sliceLimit = 100;
const resource = "endpointslices.discovery.k8s.io";

export interface SeenService {
  readonly saw: readonly Live<AnyObject>[];
  readonly service: Live<Service>;
  readonly pods: readonly Live<Pod>[];
  readonly slices: readonly Live<EndpointSlice>[];
}

interface Wanted {
  readonly ports: readonly ResolvedPort[];
  readonly endpoints: readonly Endpoint[];
}

export function planSlices({ service, pods, slices }: SeenService): Plan {
  if (!hasEndpoints(service)) return nothing("no selector");
  const wanted = wantedSlices(addressesOf(service, pods));
  const labels = { ...copiedLabels(service), [serviceNameLabel]: service.metadata.name, [managedByLabel]: manager };
  const left = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined && slice.addressType === "IPv4");
  const actions: Action[] = [];
  for (const { ports, endpoints } of wanted) {
    const same = left.findIndex((slice) => canonical(slice.ports ?? []) === canonical(ports));
    const [reused] = left.splice(same >= 0 ? same : left.length > 0 ? 0 : left.length, 1);
    if (!reused) actions.push(create(service, labels, ports, endpoints));
    else if (canonical([reused.ports ?? [], reused.endpoints ?? [], reused.metadata.labels]) !== canonical([ports, endpoints, labels])) {
      const object = { ...reused, metadata: { ...reused.metadata, labels }, ports, endpoints };
      actions.push({ verb: "update", resource, object: object as unknown as Live<AnyObject>, tolerates: isNotFound });
    }
  }
  actions.push(
    ...left.map((slice): Action => ({ verb: "delete", resource, target: targetOf(slice as Live<AnyObject>), tolerates: isNotFound })),
  );
  const count = wanted.reduce((sum, one) => sum + one.endpoints.length, 0);
  return { actions, decision: `${count} addresses in ${wanted.length} slices` };
}

function wantedSlices(addresses: readonly Address[]): Wanted[] {
  const groups = new Map<string, { ports: readonly ResolvedPort[]; endpoints: Endpoint[] }>();
  for (const address of addresses) {
    const key = canonical(address.ports);
    const group = groups.get(key) ?? { ports: address.ports, endpoints: [] };
    group.endpoints.push(endpoint(address));
    groups.set(key, group);
  }
  // A slice without addresses still tells that somebody looks after this Service.
  if (groups.size === 0) return [{ ports: [], endpoints: [] }];
  return [...groups.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / sliceLimit) }, (_, index) => ({
      ports,
      endpoints: endpoints.slice(index * sliceLimit, (index + 1) * sliceLimit),
    })),
  );
}

function endpoint({ ip, pod, ready, serving, terminating, hostname }: Address): Endpoint {
  const { nodeName } = pod.spec ?? {};
  const { namespace = "", name, uid } = pod.metadata;
  return {
    addresses: [ip],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function create(
  service: Live<Service>,
  labels: Record<string, string>,
  ports: readonly ResolvedPort[],
  endpoints: readonly Endpoint[],
): Action {
  const { namespace = "", name } = service.metadata;
  const object: New<EndpointSlice> = {
    metadata: { namespace, generateName: `${name}-`, labels, ownerReferences: [controllerReference(service, "v1", "Service")] },
    addressType: "IPv4",
    endpoints: [...endpoints],
    ports: [...ports],
  };
  return { verb: "create", resource, object, tolerates: isNamespaceTerminating };
}
