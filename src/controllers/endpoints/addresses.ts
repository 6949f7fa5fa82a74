// Which addresses stand behind a Service: its Pods' addresses, with the ports that the Service names.
// Invariant: a Pod without an address or that has finished is nowhere; one being deleted serves on but is not ready.
// Called by: slices.ts, endpoints.ts. Simplification: IPv4 only, since nodes here give out no other addresses.

import { type Pod, selectorFromMap, type Service, type ServicePort } from "#api";
import type { Live } from "#client";
import { isPodReady, isPodTerminal } from "../pods.ts";

export interface ResolvedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export interface Address {
  readonly ip: string;
  readonly pod: Live<Pod>;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname?: string;
  readonly ports: readonly ResolvedPort[];
}

/** A Service without a selector has endpoints of somebody else's making; one with an external name has none. */
export const hasEndpoints = (service: Live<Service>): boolean =>
  Object.keys(service.spec?.selector ?? {}).length > 0 &&
  service.spec?.type !== "ExternalName" &&
  service.metadata.deletionTimestamp === undefined;

export function addressesOf(service: Live<Service>, pods: readonly Live<Pod>[]): Address[] {
  const selector = selectorFromMap(service.spec?.selector);
  const publish = service.spec?.publishNotReadyAddresses === true;
  const found: Address[] = [];
  for (const pod of pods) {
    const ip = pod.status?.podIPs?.map((one) => one.ip ?? "").find((one) => one.includes(".")) ?? pod.status?.podIP ?? "";
    if (ip === "" || isPodTerminal(pod) || !selector.matches(pod.metadata.labels)) continue;
    const serving = isPodReady(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const { hostname, subdomain } = pod.spec ?? {};
    const named = hostname !== undefined && hostname !== "" && subdomain === service.metadata.name ? { hostname } : {};
    found.push({ ip, pod, serving, terminating, ready: publish || (serving && !terminating), ports: resolvePorts(service, pod), ...named });
  }
  return found.sort((a, b) => (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1));
}

function resolvePorts(service: Live<Service>, pod: Live<Pod>): ResolvedPort[] {
  return (service.spec?.ports ?? []).flatMap((wanted) => {
    const port = targetPort(wanted, pod);
    if (port === undefined) return [];
    const { appProtocol } = wanted;
    return [{ name: wanted.name ?? "", port, protocol: wanted.protocol ?? "TCP", ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** A target by name is whatever this Pod calls so: two Pods may mean two numbers. */
function targetPort(wanted: ServicePort, pod: Live<Pod>): number | undefined {
  const target = wanted.targetPort;
  if (target === undefined || target === 0 || target === "") return wanted.port;
  if (typeof target === "number") return target;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  const all = [...(pod.spec?.containers ?? []), ...sidecars].flatMap((container) => container.ports ?? []);
  return all.find((port) => port.name === target && (port.protocol ?? "TCP") === (wanted.protocol ?? "TCP"))?.containerPort;
}

/** The Service's own labels, less those that say who manages a slice, and the mark of a headless one. */
export function copiedLabels(service: Live<Service>): Record<string, string> {
  const reserved = [
    "endpointslice.kubernetes.io/managed-by",
    "kubernetes.io/service-name",
    "service.kubernetes.io/headless",
    "endpoints.kubernetes.io/managed-by",
  ];
  const labels = Object.fromEntries(Object.entries(service.metadata.labels ?? {}).filter(([name]) => !reserved.includes(name)));
  const { clusterIP } = service.spec ?? {};
  return clusterIP === "None" || clusterIP === "" || clusterIP === undefined ? { ...labels, "service.kubernetes.io/headless": "" } : labels;
}

/** JSON with sorted keys, so that equal content compares equal whatever the order in which it was written. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
