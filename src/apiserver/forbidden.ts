// The text of a refusal: who may not do what to what, where.
// Invariant: word for word upstream's, for people search for it and tools match on it.
// Called by: pipeline.ts when the authorizer says no. Next on the way: output.ts.

import { ApiError } from "#api";
import type { Attributes } from "./stages.ts";

export function forbidden(a: Attributes, reason: string): ApiError {
  const user = `User ${JSON.stringify(a.user.name)}`;
  const ending = reason === "" ? "" : `: ${reason}`;
  if (!a.isResourceRequest)
    return ApiError.forbidden({ group: "", resource: "" }, "", `${user} cannot ${a.verb} path ${JSON.stringify(a.path)}${ending}`);
  const resource = a.subresource === "" ? a.resource : `${a.resource}/${a.subresource}`;
  const where = a.namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(a.namespace)}`;
  const text = `${user} cannot ${a.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(a.apiGroup)} ${where}${ending}`;
  return ApiError.forbidden({ group: a.apiGroup, resource: a.resource }, a.name, text);
}
