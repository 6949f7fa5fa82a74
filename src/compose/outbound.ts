// The API server's way to pods and endpoints: plain connections from this machine, which has the routes to its containers.
// Invariant: nothing is kept open between two requests; connecting is bounded as upstream bounds it.
// Called by: control-plane.ts; used by apiserver/registry/subresources/proxy. Next on the way: wire/forward.ts.

import type { Outbound } from "#apiserver";
import type { Clock } from "#lib";
import { forward, upgrade } from "#wire";

const connectMs = 30_000;

export function outbound(clock: Clock): Outbound {
  return {
    request: (server, request, signal) => forward({ server, ...request, clock, connectTimeoutMs: connectMs, signal }),
    upgrade: (server, request, signal) => upgrade({ server, ...request, clock, timeoutMs: connectMs, signal }),
  };
}
