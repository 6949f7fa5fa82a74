// What must exist before anybody asks: namespaces, roles, priority classes, the Service of the API server itself.
// Invariant: pure; equal settings give equal objects, each valid for an ordinary create.
// Called by: ensure.ts.   Next on the way: ensure.ts, which writes what is missing.

import { type ApiObject, ipv4Range, ipv4Text } from "#api";
import { localApiServices } from "./apiServices.ts";
import { flowSchemas, priorityLevels } from "./flowControl.ts";
import { rbacPolicy } from "./rbacPolicy.ts";

export interface BootstrapSettings {
  /** As `--service-cluster-ip-range`: `10.96.0.0/16`. Its first address is the Service of the API server. */
  readonly serviceClusterIpRange: string;
  /** The address at which others reach the API server, never a loopback one; without it there are no endpoints. */
  readonly advertiseAddress?: string | undefined;
  /** The port at that address; 6443 as long as nobody knows better. */
  readonly securePort?: number;
  /** PEM of the authority that signs client certificates. */
  readonly clientCa: string;
}

export const systemNamespaces = ["kube-system", "kube-public", "kube-node-lease", "default"] as const;

/** Namespaces come first: whatever lives in them needs them. */
export function bootstrapNamespaces(): ApiObject[] {
  return systemNamespaces.map((name) => ({ kind: "Namespace", apiVersion: "v1", metadata: { name } }));
}

export function bootstrapObjects(settings: BootstrapSettings): ApiObject[] {
  return [
    ...rbacPolicy(),
    ...priorityClasses(),
    ...priorityLevels(),
    ...flowSchemas(),
    ...localApiServices(),
    ...serviceNetwork(settings),
    ...apiServerService(settings),
    clientAuthorities(settings),
  ];
}

function priorityClasses(): ApiObject[] {
  const rows = [
    ["system-node-critical", 2_000_001_000, "For system pods that no node can do without and that cannot run elsewhere."],
    ["system-cluster-critical", 2_000_000_000, "For system pods that the cluster cannot do without but that may run on any node."],
  ] as const;
  return rows.map(([name, value, description]) => ({
    kind: "PriorityClass",
    apiVersion: "scheduling.k8s.io/v1",
    metadata: { name },
    value,
    description,
    preemptionPolicy: "PreemptLowerPriority",
  }));
}

/** The first usable address of an IPv4 range: the network's address plus one. */
export function firstAddress(range: string): string {
  const { first, count } = ipv4Range(range);
  if (count < 4) throw new RangeError(`Service range ${JSON.stringify(range)} must be an IPv4 range such as 10.96.0.0/16`);
  return ipv4Text(first + 1);
}

const ownService = { name: "kubernetes", namespace: "default" } as const;

/** The first address itself is taken by the Service that gets it, as by any Service. */
function serviceNetwork({ serviceClusterIpRange }: BootstrapSettings): ApiObject[] {
  const spec = { cidrs: [serviceClusterIpRange] };
  return [{ kind: "ServiceCIDR", apiVersion: "networking.k8s.io/v1", metadata: { name: "kubernetes" }, spec }];
}

function apiServerService({ serviceClusterIpRange, advertiseAddress, securePort = 6443 }: BootstrapSettings): ApiObject[] {
  const clusterIP = firstAddress(serviceClusterIpRange);
  const service: ApiObject = {
    kind: "Service",
    apiVersion: "v1",
    metadata: { ...ownService, labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: securePort }],
      clusterIP,
      clusterIPs: [clusterIP],
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    },
  };
  if (advertiseAddress === undefined) return [service];
  const ports = [{ name: "https", port: securePort, protocol: "TCP" }];
  return [
    service,
    {
      kind: "Endpoints",
      apiVersion: "v1",
      metadata: { ...ownService, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
      subsets: [{ addresses: [{ ip: advertiseAddress }], ports }],
    },
    {
      kind: "EndpointSlice",
      apiVersion: "discovery.k8s.io/v1",
      metadata: { ...ownService, labels: { "kubernetes.io/service-name": "kubernetes" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
      ports,
    },
  ];
}

/** Extension API servers and node agents read from here whose client certificates they may trust. */
function clientAuthorities({ clientCa }: BootstrapSettings): ApiObject {
  return {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: { "client-ca-file": clientCa },
  };
}
