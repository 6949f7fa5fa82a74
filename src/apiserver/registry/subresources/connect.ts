// pods/exec, pods/attach, pods/portforward: a connection that is handed on to the kubelet of the pod's node.
// Invariant: who may connect is decided here (a GET needs the right to create as well); after the 101 nobody looks at the bytes.
// Called by: index.ts. Next on the way: the kubelet's /exec, /attach, /portForward, through the NodeProxy that was handed in.

import { ApiError, type Pod } from "#api";
import { type HttpHeaders, type HttpResponse, join, upgradeWanted } from "#wire";
import { objectOf } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { getEntry } from "../get.ts";
import { containerOf } from "./log.ts";
import { reachNode } from "./node.ts";

const passedOn = [
  "connection",
  "upgrade",
  "user-agent",
  "x-stream-protocol-version",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
];

const isTrue = (query: URLSearchParams, name: string): boolean =>
  query.has(name) && !["false", "0"].includes(query.get(name)!.toLowerCase());

/** exec's and attach's options as the kubelet names them. */
function processQuery(query: URLSearchParams, command: boolean): URLSearchParams {
  const asked = new URLSearchParams();
  for (const [ours, theirs] of [
    ["stdin", "input"],
    ["stdout", "output"],
    ["stderr", "error"],
    ["tty", "tty"],
  ] as const)
    if (isTrue(query, ours)) asked.append(theirs, "1");
  if (command) for (const word of query.getAll("command")) asked.append("command", word);
  return asked;
}

function portQuery(query: URLSearchParams): URLSearchParams {
  const ports = query.getAll("ports").flatMap((one) => one.split(","));
  return new URLSearchParams(ports.length > 0 ? { port: ports.join(",") } : {});
}

/** A browser can be made to GET; only who may create may open a way into a container. */
async function mayCreate(call: Call): Promise<void> {
  const { attributes } = call.context;
  if (attributes.verb === "create") return;
  const { allowed, reason } = await call.core.authorizer.authorize({ ...attributes, verb: "create" });
  const { group, resource } = call.resource;
  if (!allowed) throw ApiError.forbidden({ group, resource }, call.info.name, reason);
}

async function podOf(call: Call): Promise<Pod> {
  const { shape } = call.core.cache.of(call.resource);
  return objectOf(shape, await getEntry(call, call.info.name, "")) as unknown as Pod;
}

async function connect(call: Call, pod: Pod, path: string, query: URLSearchParams): Promise<HttpResponse> {
  const { clock } = call.core;
  const nodeName = pod.spec?.nodeName ?? "";
  if (nodeName === "") throw ApiError.badRequest(`pod ${pod.metadata?.name ?? ""} does not have a host assigned`);
  if (upgradeWanted(call.request.headers) === undefined) throw ApiError.badRequest("Upgrade request required");
  const headers: Record<string, HttpHeaders[string]> = {};
  for (const name of passedOn) headers[name] = call.request.headers[name];
  const target = query.size === 0 ? path : `${path}?${query.toString()}`;
  const { method, signal } = call.request;
  const answer = await reachNode(call, nodeName, "error dialing backend", (proxy) =>
    proxy.upgrade(nodeName, { method, target, headers }, signal),
  );
  const { socket } = answer;
  // What the kubelet refuses it refuses in its own words.
  if (!socket) return { status: answer.status, headers: answer.headers, body: answer.body };
  return { status: 101, headers: answer.headers, body: undefined, upgraded: (caller) => join(clock, caller, socket) };
}

function processIn(kind: "exec" | "attach"): (call: Call) => Promise<HttpResponse> {
  return async (call) => {
    await mayCreate(call);
    const pod = await podOf(call);
    const container = containerOf(pod, call.info.query.get("container") ?? "");
    const path = `/${kind}/${call.info.namespace}/${call.info.name}/${container}`;
    return connect(call, pod, path, processQuery(call.info.query, kind === "exec"));
  };
}

export const exec = processIn("exec");
export const attach = processIn("attach");

export async function portForward(call: Call): Promise<HttpResponse> {
  await mayCreate(call);
  return connect(call, await podOf(call), `/portForward/${call.info.namespace}/${call.info.name}`, portQuery(call.info.query));
}
