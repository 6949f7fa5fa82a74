// What can go wrong on the way to a pod's node, in upstream's words.
// Invariant: a failure to reach a node is an answer for the caller, never an entry in the log as if the server itself had failed.
// Called by: log.ts, connect.ts. Next on the way: the NodeProxy that was handed in.

import { ApiError } from "#api";
import type { Call } from "../../call.ts";
import type { NodeProxy } from "../../stages.ts";

/** `doing` begins the text of a node that cannot be reached. */
export async function reachNode<Result>(
  call: Call,
  nodeName: string,
  doing: string,
  ask: (proxy: NodeProxy) => Promise<Result>,
): Promise<Result> {
  const { nodeProxy } = call.core;
  if (!nodeProxy) throw ApiError.internal(`there is no way to node ${JSON.stringify(nodeName)}`);
  try {
    return await ask(nodeProxy);
  } catch (error) {
    // Upstream names the node as if it were one of the resource that was asked for, and people search for that text.
    if (error instanceof ApiError && error.status.reason === "NotFound") {
      const { group, resource } = call.resource;
      throw ApiError.notFound({ group, resource }, nodeName);
    }
    if (error instanceof ApiError || call.request.signal.aborted) throw error;
    throw ApiError.of(500, "", `${doing}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
