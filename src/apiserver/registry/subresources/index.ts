// The subresources that are more than a view of their object: one file each, one line here.
// Invariant: whatever is not in this table is refused by name.
// Called by: registry.ts (status is an ordinary update and stays there). Next on the way: the named file.

import { ApiError, type SubresourceInfo } from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../../call.ts";
import { binding } from "./binding.ts";
import { attach, exec, portForward } from "./connect.ts";
import { eviction } from "./eviction.ts";
import { finalize } from "./finalize.ts";
import { log } from "./log.ts";
import { ofObject } from "./object.ts";
import { proxy } from "./proxy/proxy.ts";
import { scale } from "./scale.ts";
import { token } from "./token.ts";

const table: Readonly<Record<string, (call: Call, subresource: SubresourceInfo) => Promise<HttpResponse>>> = {
  binding,
  eviction,
  finalize,
  log,
  scale,
  token,
  approval: ofObject,
  attach,
  exec,
  portforward: portForward,
  ephemeralcontainers: ofObject,
  resize: ofObject,
  proxy,
};

export async function subresources(call: Call, subresource: SubresourceInfo): Promise<HttpResponse> {
  const handle = Object.hasOwn(table, subresource.name) ? table[subresource.name] : undefined;
  if (handle) return handle(call, subresource);
  throw ApiError.of(501, "NotImplemented", `${call.resource.resource}/${subresource.name} is not implemented yet`);
}
