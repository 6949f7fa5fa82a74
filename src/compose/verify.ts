// The request that `up` makes itself before it says that the cluster is up: the nodes, as the admin, over the real port.
// Invariant: resolves only when every expected node is Ready; waits on a watch, within a bound.
// Called by: bring-up.ts. Next on the way: cli prints the commands that now work.
// Plain node:https on purpose: the supervisor lives as long as the cluster and should stay small.

import type { ClientRequest, IncomingMessage } from "node:http";
import { get } from "node:https";
import type { Credentials } from "#config";

interface NodeLike {
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function open(credentials: Credentials, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { server, ca, cert, key } = credentials;
  return new Promise((resolve, reject) => {
    const request: ClientRequest = get(
      `${server}${path}`,
      {
        ...(ca ? { ca } : {}),
        ...(cert ? { cert } : {}),
        ...(key ? { key } : {}),
        agent: false,
        signal,
        headers: { accept: "application/json" },
      },
      resolve,
    );
    request.once("error", reject);
  });
}

const isReady = (node: NodeLike): boolean =>
  node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;

/** The names of `expected` that are Ready, growing until all are. */
export async function verifyNodes(credentials: Credentials, expected: readonly string[], signal: AbortSignal): Promise<void> {
  const missing = new Set(expected);
  const listing = await open(credentials, "/api/v1/nodes", signal);
  let text = "";
  for await (const chunk of listing.setEncoding("utf8")) text += String(chunk);
  if (listing.statusCode !== 200) throw new Error(`GET /api/v1/nodes: ${listing.statusCode} ${text.slice(0, 200)}`);
  const list = JSON.parse(text) as { readonly items?: readonly NodeLike[]; readonly metadata?: { readonly resourceVersion?: string } };
  for (const node of list.items ?? []) if (isReady(node)) missing.delete(node.metadata?.name ?? "");
  if (missing.size === 0) return;
  const watch = await open(credentials, `/api/v1/nodes?watch=1&resourceVersion=${list.metadata?.resourceVersion ?? ""}`, signal);
  let pending = "";
  for await (const chunk of watch.setEncoding("utf8")) {
    const lines = (pending + String(chunk)).split("\n");
    pending = lines.pop()!;
    for (const line of lines) {
      const event = JSON.parse(line) as { readonly type: string; readonly object: NodeLike };
      if (event.type !== "DELETED" && isReady(event.object)) missing.delete(event.object.metadata?.name ?? "");
    }
    if (missing.size === 0) {
      watch.destroy();
      return;
    }
  }
  throw new Error(`the watch of nodes ended; not Ready: ${[...missing].join(", ")}`);
}
