// The two endpoint controllers: whom a Service's traffic may reach, told in both forms.
// Invariant: a Pod's change concerns every Service in its namespace whose selector matches it now or matched it before.
// Called by: ../index.ts, the list. Next on the way: addresses.ts.

import { type Endpoints, type EndpointSlice, type Pod, selectorFromMap, type Service } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { own } from "#lib";
import { type Controller, defineController, type Watch, type World } from "../framework/define.ts";
import { planEndpoints, type SeenEndpoints } from "./endpoints.ts";
import { managedByLabel, manager, planSlices, type SeenService, serviceNameLabel } from "./slices.ts";

const serviceWatch: Watch = { resource: "services", keys: (service) => [keyOf(service)] };

const podWatch: Watch = {
  resource: "pods",
  keys(pod, world) {
    const services = world.lister<Service>("services").byIndex("namespace", pod.metadata.namespace ?? "");
    return services.filter((service) => isSelected(service, pod)).map(keyOf);
  },
};

function isSelected(service: Live<Service>, pod: Live<AnyObject>): boolean {
  const { selector = {} } = service.spec ?? {};
  return Object.keys(selector).length > 0 && selectorFromMap(selector).matches(pod.metadata.labels);
}

function podsOf(namespace: string | undefined, world: World): Live<Pod>[] {
  return world.lister<Pod>("pods").byIndex("namespace", namespace ?? "");
}

export const endpointSlice: Controller = defineController<SeenService>({
  name: "endpointslice-controller",
  watches: [
    serviceWatch,
    podWatch,
    {
      resource: "endpointslices.discovery.k8s.io",
      keys(slice) {
        const service = own(slice.metadata.labels, serviceNameLabel);
        return service === undefined || own(slice.metadata.labels, managedByLabel) !== manager
          ? []
          : [`${slice.metadata.namespace}/${service}`];
      },
    },
  ],
  observe(key, world) {
    const service = world.lister<Service>("services").get(key);
    if (!service) return undefined;
    const { namespace, uid } = service.metadata;
    const owned = world.lister<EndpointSlice>("endpointslices.discovery.k8s.io").byIndex("owner", uid);
    const slices = owned.filter((slice) => own(slice.metadata.labels, managedByLabel) === manager);
    return { saw: [service, ...slices] as Live<AnyObject>[], service, slices, pods: podsOf(namespace, world) };
  },
  plan: planSlices,
});

export const endpoints: Controller = defineController<SeenEndpoints>({
  name: "endpoints-controller",
  account: "endpoint-controller",
  watches: [serviceWatch, podWatch, { resource: "endpoints", keys: (one) => [keyOf(one)] }],
  observe(key, world) {
    const service = world.lister<Service>("services").get(key);
    const found = world.lister<Endpoints>("endpoints").get(key);
    if (!service && !found) return undefined;
    const saw = [service, found].filter((one) => one !== undefined) as Live<AnyObject>[];
    return { saw, service, endpoints: found, pods: service ? podsOf(service.metadata.namespace, world) : [] };
  },
  plan: planEndpoints,
});
