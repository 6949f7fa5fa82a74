// The kubelet's own HTTPS API: health, pods, logs, exec, attach, port-forward. The API server calls it for kubectl.
// Invariant: everything but /healthz is for the API server's client certificate alone; what is missing here is refused by name.
// Called by: wire's server on the node's port; all simulated nodes share one, each under /nodes/<name>. Next on the way: logs.ts, ../streams/.

import { type Clock, type Log, type MetricRegistry, own } from "#lib";
import type { HttpHandler, HttpRequest, HttpResponse } from "#wire";
import type { Kubelet } from "../kubelet.ts";
import { text } from "./answer.ts";
import { streamPorts } from "../streams/portForward.ts";
import { streamProcess } from "../streams/process.ts";
import { containerLogs } from "./logs.ts";

export interface KubeletHandlerOptions {
  /** By node name. With one node its paths also stand at the root, where upstream has them. */
  readonly kubelets: () => ReadonlyMap<string, Kubelet>;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: /metrics is refused by name. */
  readonly metrics?: MetricRegistry;
  /** Common names that may ask; the certificate's chain was verified by the socket's owner. */
  readonly callers?: readonly string[];
}

const defaultCallers = ["kube-apiserver-kubelet-client", "system:kube-apiserver", "kube-apiserver"];

function allowed(request: HttpRequest, callers: readonly string[]): boolean {
  const certificate = request.peer.certificate;
  if (!certificate) return false;
  return callers.includes(certificate.commonName) || certificate.organizations.includes("system:masters");
}

/** Splits `/nodes/<name>/rest` from `/rest`; the only node needs no prefix. */
function route(path: string, kubelets: ReadonlyMap<string, Kubelet>): { kubelet: Kubelet | undefined; path: string } {
  const match = /^\/nodes\/([^/]+)(\/.*)$/.exec(path);
  if (match) return { kubelet: kubelets.get(decodeURIComponent(match[1]!)), path: match[2]! };
  return { kubelet: kubelets.size === 1 ? kubelets.values().next().value : undefined, path };
}

/** Simulated nodes share one port: the one that has the pod answers, so upstream's plain paths work for them too. */
function byPod(kubelets: ReadonlyMap<string, Kubelet>, namespace: string, pod: string): Kubelet | undefined {
  for (const kubelet of kubelets.values()) {
    if (kubelet.pods().some((one) => one.metadata.name === pod && one.metadata.namespace === namespace)) return kubelet;
  }
  return undefined;
}

const unsupported: Readonly<Record<string, string>> = {
  run: "run",
  stats: "stats",
  metrics: "metrics",
  checkpoint: "checkpoint",
  logs: "node logs",
  configz: "configz",
};

const streams = ["exec", "attach", "portForward"];

/** /exec/<namespace>/<pod>[/<uid>]/<container>, /attach/… likewise, /portForward/<namespace>/<pod>[/<uid>]. */
async function stream(
  options: KubeletHandlerOptions,
  kubelet: Kubelet | undefined,
  request: HttpRequest,
  url: URL,
  parts: readonly string[],
): Promise<HttpResponse | undefined> {
  const [kind = "", namespace = "", pod = "", ...rest] = parts;
  const names = kind === "portForward" ? 0 : 1;
  if (!streams.includes(kind) || pod === "" || rest.length < names || rest.length > names + 1) return undefined;
  if (request.method !== "GET" && request.method !== "POST") return text(405, "405: Method Not Allowed");
  const owner = kubelet ?? byPod(options.kubelets(), namespace, pod);
  if (!owner) return text(404, "pod does not exist");
  const { clock, log } = options;
  const uid = rest.length > names ? rest[0]! : "";
  const call = { kubelet: owner, clock, log, request, namespace, pod, uid, query: url.searchParams };
  if (kind === "portForward") return streamPorts(call);
  return streamProcess(call, kind === "exec" ? "exec" : "attach", rest.at(-1) ?? "");
}

export function kubeletHandler(options: KubeletHandlerOptions): HttpHandler {
  const callers = options.callers ?? defaultCallers;
  return async (request) => {
    const url = new URL(request.target, "https://kubelet");
    const kubelets = options.kubelets();
    const { kubelet, path } = route(url.pathname, kubelets);
    const parts = path.split("/").slice(1).map(decodeURIComponent);
    if (path === "/healthz") return text(200, "ok");
    if (!allowed(request, callers))
      return text(request.peer.certificate ? 403 : 401, request.peer.certificate ? "Forbidden" : "Unauthorized");
    if (parts[0] === "containerLogs" && parts.length === 4) {
      if (request.method !== "GET") return text(405, "405: Method Not Allowed");
      const [, namespace = "", pod = "", container = ""] = parts;
      const owner = kubelet ?? byPod(kubelets, namespace, pod);
      if (!owner) return text(404, `pod "${pod}" not found\n`);
      return containerLogs({ ...options, kubelet: owner, namespace, pod, container, query: url.searchParams, signal: request.signal });
    }
    const streamed = await stream(options, kubelet, request, url, parts);
    if (streamed) return streamed;
    if (path === "/pods" || path === "/pods/") {
      const items = (kubelet ? [kubelet] : [...kubelets.values()]).flatMap((one) => one.pods());
      const body = Buffer.from(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items }));
      return { status: 200, headers: { "content-type": "application/json" }, body };
    }
    if (path === "/metrics" && options.metrics) {
      const body = Buffer.from(options.metrics.text());
      return { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body };
    }
    const word = own(unsupported, parts[0] ?? "");
    return word === undefined ? text(404, "404 page not found\n") : text(501, `${word} is not supported by dhow yet\n`);
  };
}
