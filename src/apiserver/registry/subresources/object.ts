// Subresources whose body is the object itself: they differ from a plain update in who may do it and in what may change.
// Invariant: the object's kind is the body's kind; what may change are the kind's rules for the subresource's name.
// Called by: index.ts (certificatesigningrequests/approval, pods/ephemeralcontainers, pods/resize). Next on the way: update.ts.

import { ApiError } from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../../call.ts";
import { get } from "../get.ts";
import { patch } from "../patch.ts";
import { update } from "../update.ts";

export function ofObject(call: Call): Promise<HttpResponse> {
  if (call.info.verb === "get") return get(call);
  if (call.info.verb === "update") return update(call);
  if (call.info.verb === "patch") return patch(call);
  throw ApiError.methodNotAllowed();
}
