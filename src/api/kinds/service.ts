// Services: a stable address and name for a changing set of pods.
// Invariant: a cluster address, once given, stays; whether one is needed is a pure question (needsClusterIp), who hands it out is not.
// Called by: kinds/index.ts, apiserver's allocator. Next on the way: servicevalidation.ts, network/proxy.

import type { ApiObject } from "../machinery/object.ts";
import type { Service, ServiceSpec } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { ageColumn, column, labelText, nameColumn, selectorColumn } from "./columns.ts";
import { as, keep } from "./common.ts";
import type { KindRules, Row } from "./rules.ts";
import { validateService, validateServiceUpdate } from "./servicevalidation.ts";

function setDefaults(object: ApiObject): void {
  const service = as<Service>(object);
  const spec = (service.spec ??= {});
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    if (!port.targetPort && port.port !== undefined) port.targetPort = port.port;
  }
  const external =
    spec.type === "LoadBalancer" || spec.type === "NodePort" || (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);
  if (external) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
  }
}

/** Whether it has an address of its own, given or to be found. */
export function needsClusterIp({ spec }: Service): boolean {
  return spec?.type !== "ExternalName" && spec?.clusterIP !== "None";
}

/** Whether a load balancer asks each node for its own endpoints, at a port of their own. */
export function needsHealthCheckPort({ spec }: Service): boolean {
  return spec?.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** Whether its ports are opened on every node. */
export function needsNodePorts({ spec }: Service): boolean {
  return spec?.type === "NodePort" || (spec?.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

function prepareForCreate(object: ApiObject): void {
  object["status"] = { loadBalancer: {} };
}

/** A writer that leaves an allocated value out means the old one. */
export function keepAllocated(service: Service, old: Service): void {
  const [spec, before] = [service.spec, old.spec];
  if (!spec || !before) return;
  if (spec.type !== "ExternalName" && before.type !== "ExternalName") {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
    if (!spec.clusterIPs?.length && before.clusterIPs?.length) spec.clusterIPs = [...before.clusterIPs];
  }
  if (needsNodePorts(old) && needsNodePorts(service)) keepNodePorts(spec, before);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(service)) {
    if (!spec.healthCheckNodePort && before.healthCheckNodePort) spec.healthCheckNodePort = before.healthCheckNodePort;
  }
}

/** By the ports' names; a port number that another port has now is not given twice. */
function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const usedNow = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  const byName = new Map((before.ports ?? []).map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    const nodePort = byName.get(port.name ?? "");
    if (!port.nodePort && nodePort && !usedNow.has(nodePort)) port.nodePort = nodePort;
  }
}

function prepareForUpdate(object: ApiObject, old: ApiObject): void {
  keep(object, old, "status");
  const [now, then] = [as<Service>(object).spec, as<Service>(old).spec];
  if (!now || !then) return;
  // What belonged to the old type goes with it, unless the writer changed it too.
  if (then.type !== "ExternalName" && now.type === "ExternalName") {
    if (now.clusterIP === then.clusterIP)
      for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) delete now[field];
    if (now.internalTrafficPolicy === then.internalTrafficPolicy) delete now.internalTrafficPolicy;
  }
  if (needsNodePorts(as<Service>(old)) && !needsNodePorts(as<Service>(object))) {
    for (const [i, port] of (now.ports ?? []).entries()) if (port.nodePort === then.ports?.[i]?.nodePort) delete port.nodePort;
  }
  if (now.type === "ClusterIP" && then.type !== "ClusterIP" && !now.externalIPs?.length) delete now.externalTrafficPolicy;
  if (now.type !== "LoadBalancer" && then.type === "LoadBalancer") delete now.allocateLoadBalancerNodePorts;
}

function externalAddress({ spec, status }: Service): string {
  const given = spec?.externalIPs ?? [];
  switch (spec?.type ?? "") {
    case "ClusterIP":
    case "NodePort":
      return given.length > 0 ? given.join(",") : "<none>";
    case "LoadBalancer": {
      const balanced = new Set(
        (status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || "").filter((one) => one !== ""),
      );
      const all = [...[...balanced].sort(), ...given];
      return all.length > 0 ? all.join(",") : "<pending>";
    }
    case "ExternalName":
      return spec?.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function row(object: ApiObject, nowMs: number): Row {
  const service = as<Service>(object);
  const ports = (service.spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  const cells = [
    object.metadata.name ?? "",
    service.spec?.type ?? "",
    service.spec?.clusterIPs?.[0] ?? "<none>",
    externalAddress(service),
    ports.join(",") || "<none>",
    age(object.metadata.creationTimestamp, nowMs),
    labelText(service.spec?.selector),
  ];
  return { cells };
}

export const service: KindRules = {
  group: "",
  version: "v1",
  kind: "Service",
  nameRule: "dns1123-label",
  setDefaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: (object) => validateService(as<Service>(object)),
  validateUpdate: (object, old) => validateServiceUpdate(as<Service>(object), as<Service>(old)),
  selectableFieldNames: ["spec.clusterIP", "spec.type"],
  selectableFields: (object) => {
    const { spec } = as<Service>(object);
    return { "spec.clusterIP": spec?.clusterIP ?? "", "spec.type": spec?.type ?? "" };
  },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Type", "How the service is reached."),
    column("Cluster-IP", "Its address inside the cluster."),
    column("External-IP", "Its addresses outside the cluster."),
    column("Port(s)", "Its ports, with the nodes' ports behind a colon."),
    ageColumn,
    selectorColumn,
  ],
  row,
};
