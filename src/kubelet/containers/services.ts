// Services as environment variables: NAME_SERVICE_HOST and the older link variables.
// Invariant: pure; upstream's names. Only Services with an address; the Service `kubernetes` of `default` is told to every pod.
// Called by: pods/actions.ts, from the node's Service informer. Next on the way: env.ts.

import type { Service } from "#api";

const variable = (name: string): string => name.toUpperCase().replaceAll("-", "_");

/** Those that a pod of this namespace hears of, by name; its own namespace's `kubernetes` does not hide the cluster's. */
export function servicesFor(all: readonly Service[], namespace: string, links: boolean): readonly Service[] {
  const chosen = new Map<string, Service>();
  for (const service of all) {
    const { clusterIP = "" } = service.spec ?? {};
    const { name = "", namespace: own } = service.metadata;
    if (clusterIP === "" || clusterIP === "None") continue;
    if (own === "default" && name === "kubernetes") {
      if (!chosen.has(name)) chosen.set(name, service);
    } else if (own === namespace && links) chosen.set(name, service);
  }
  return [...chosen.values()].toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
}

export function serviceVariables(services: readonly Service[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const { clusterIP = "", ports = [] } = spec ?? {};
    const prefix = variable(metadata.name ?? "");
    result.set(`${prefix}_SERVICE_HOST`, clusterIP);
    if (ports[0]) result.set(`${prefix}_SERVICE_PORT`, String(ports[0].port));
    for (const { name = "", port } of ports) if (name !== "") result.set(`${prefix}_SERVICE_PORT_${variable(name)}`, String(port));
    const host = clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP;
    for (const [index, { port, protocol = "TCP" }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${host}:${port}`;
      const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      if (index === 0) result.set(`${prefix}_PORT`, url);
      result.set(link, url);
      result.set(`${link}_PROTO`, protocol.toLowerCase());
      result.set(`${link}_PORT`, String(port));
      result.set(`${link}_ADDR`, clusterIP);
    }
  }
  return result;
}
