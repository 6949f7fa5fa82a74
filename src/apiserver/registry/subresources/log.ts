// pods/log: what a container wrote, fetched from the node that runs it.
// Invariant: the API server stores no logs and reads none; it names the node, hands the question on and the answer back.
// Called by: index.ts. Next on the way: the kubelet's /containerLogs, through the NodeProxy that was handed in.

import { ApiError, type Pod } from "#api";
import type { HttpResponse } from "#wire";
import { objectOf } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { getEntry } from "../get.ts";
import { reachNode } from "./node.ts";

const passedOn = ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

export async function log(call: Call): Promise<HttpResponse> {
  const { cache } = call.core;
  const { shape } = cache.of(call.resource);
  const pod = objectOf(shape, await getEntry(call, call.info.name, "")) as unknown as Pod;
  const container = containerOf(pod, call.info.query.get("container") ?? "");
  const nodeName = pod.spec?.nodeName ?? "";
  // A pod without a node has written nothing yet.
  if (nodeName === "") return { status: 200, headers: { "content-type": "text/plain" }, body: Buffer.alloc(0) };
  const query = new URLSearchParams();
  for (const name of passedOn) for (const value of call.info.query.getAll(name)) query.append(name, value);
  const asked = query.size === 0 ? "" : `?${query.toString()}`;
  const path = `/containerLogs/${pod.metadata!.namespace}/${pod.metadata!.name}/${container}${asked}`;
  const response = await reachNode(call, nodeName, `Get ${JSON.stringify(path)}`, (proxy) =>
    proxy.fetch(nodeName, path, call.request.signal),
  );
  if (response.status >= 400) return response;
  return { ...response, headers: { "content-type": "text/plain" } };
}

export function containerOf(pod: Pod, asked: string): string {
  const name = pod.metadata?.name ?? "";
  const names = (list: readonly { name?: string }[] | undefined): string[] => (list ?? []).map((one) => one.name ?? "");
  const containers = names(pod.spec?.containers);
  const inits = names(pod.spec?.initContainers);
  const ephemeral = names(pod.spec?.ephemeralContainers);
  if (asked !== "") {
    if ([...containers, ...inits, ...ephemeral].includes(asked)) return asked;
    throw ApiError.badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length === 1) return containers[0]!;
  const all = [...inits, ...containers, ...ephemeral];
  throw ApiError.badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`);
}
