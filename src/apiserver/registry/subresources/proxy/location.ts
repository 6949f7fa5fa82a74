// Whom a proxy's name means: `name`, `name:port` or `scheme:name:port` of a pod, a service or a node.
// Invariant: only addresses that stand in the status of a stored pod are ever dialled, and only such as could be one's.
// Called by: proxy.ts. Next on the way: the Outbound that was handed in.

import { type ApiObject, ApiError, type Endpoints, type Node, type Pod, type Service } from "#api";
import { isIPv4, isIPv6 } from "node:net";
import type { Call } from "../../../call.ts";

export interface Location {
  /** `http://host:port`. */
  readonly server: string;
  /** The simulated node that runs nothing there. */
  readonly simulated?: string;
}

export interface Named {
  readonly scheme: "" | "http" | "https";
  readonly name: string;
  readonly port: string;
}

/** `what` as the refusal names it. */
export function splitName(id: string, what: string): Named {
  const parts = id.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", parts[0], parts[1]];
  if (parts.length > 3 || name === "" || !["", "http", "https"].includes(scheme)) {
    throw ApiError.badRequest(`invalid ${what} request ${JSON.stringify(id)}`);
  }
  return { scheme: scheme as Named["scheme"], name, port };
}

const addressText = (ip: string): string => (ip.includes(":") ? `[${ip}]` : ip);

/** Neither loopback nor link-local, multicast or nothing at all. */
export function isGlobalUnicast(ip: string): boolean {
  if (isIPv4(ip)) {
    const [a = 0, b = 0] = ip.split(".").map(Number);
    return !(a === 127 || a >= 224 || ip === "0.0.0.0" || (a === 169 && b === 254));
  }
  const lower = ip.toLowerCase();
  return isIPv6(ip) && lower !== "::" && lower !== "::1" && !/^(ff|fe[89ab])/.test(lower);
}

export async function podLocation(call: Call, id: string): Promise<Location> {
  const { scheme, name, port } = splitName(id, "pod");
  const pod = (await call.core.reader.get("", "pods", call.info.namespace, name)) as unknown as Pod | undefined;
  if (!pod) throw ApiError.notFound({ group: "", resource: "pods" }, name);
  const ip = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? "";
  if (!isGlobalUnicast(ip)) throw ApiError.badRequest("address not allowed");
  const declared = (pod.spec?.containers ?? []).find(({ ports }) => ports?.length)?.ports?.[0]?.containerPort;
  const chosen = port || (declared === undefined ? "" : String(declared));
  const server = `${scheme || "http"}://${addressText(ip)}${chosen === "" ? "" : `:${chosen}`}`;
  return { server, ...(await simulatedNode(call, pod)) };
}

async function simulatedNode(call: Call, { spec }: Pod): Promise<{ simulated?: string }> {
  if (!spec?.nodeName) return {};
  const node = (await call.core.reader.get("", "nodes", "", spec.nodeName)) as unknown as Node | undefined;
  return node?.status?.nodeInfo?.containerRuntimeVersion?.startsWith("simulated://") ? { simulated: spec.nodeName } : {};
}

export async function serviceLocation(call: Call, id: string): Promise<Location> {
  const { scheme, name, port } = splitName(id, "service");
  const { reader, prng } = call.core;
  const { namespace } = call.info;
  const get = async (resource: string): Promise<ApiObject> => {
    const found = await reader.get("", resource, namespace, name);
    if (found) return found;
    // Upstream says so of its endpoints, too.
    throw ApiError.notFound({ group: "", resource: "services" }, name);
  };
  let portName = port;
  if (/^[+-]?\d+$/.test(port)) {
    const { spec } = (await get("services")) as unknown as Service;
    const declared = (spec?.ports ?? []).find((one) => one.port === Number(port));
    if (!declared) throw ApiError.serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
    portName = declared.name ?? "";
  }
  const { subsets = [] } = (await get("endpoints")) as unknown as Endpoints;
  const none = (of: string): ApiError => ApiError.serviceUnavailable(`no endpoints available for service ${JSON.stringify(of)}`);
  if (subsets.length === 0) throw none(name);
  for (const { addresses = [], ports = [] } of rotated(subsets, prng.between(0, subsets.length - 1))) {
    const named = ports.find((one) => (one.name ?? "") === portName);
    if (!named || addresses.length === 0) continue;
    for (const address of rotated(addresses, prng.between(0, addresses.length - 1))) {
      const pod = await podOf(call, address.ip ?? "", address.targetRef);
      if (pod)
        return { server: `${scheme || "http"}://${addressText(address.ip ?? "")}:${named.port}`, ...(await simulatedNode(call, pod)) };
    }
  }
  throw none(id);
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  return [...items.slice(by), ...items.slice(0, by)];
}

/** An endpoint that is no pod's address might be anybody's. */
async function podOf(
  call: Call,
  ip: string,
  ref: { kind?: string; namespace?: string; name?: string } | undefined,
): Promise<Pod | undefined> {
  if (ref?.kind !== "Pod" || !isGlobalUnicast(ip)) return undefined;
  const pod = (await call.core.reader.get("", "pods", ref.namespace ?? "", ref.name ?? "")) as unknown as Pod | undefined;
  const ips = [pod?.status?.podIP, ...(pod?.status?.podIPs ?? []).map((one) => one.ip)];
  return ips.includes(ip) ? pod : undefined;
}
