// The generic registry: one table of verbs for every resource there is, and one of subresources.
// Invariant: a verb that discovery does not name for a resource is refused with 405; a resource it does not name with 404.
// Called by: pipeline.ts after authorization. Next on the way: the verb's file.

import { ApiError, type ResourceInfo, type SubresourceInfo } from "#api";
import { own } from "#lib";
import type { HttpResponse } from "#wire";
import type { Call } from "../call.ts";
import type { RequestInfo } from "../route.ts";
import { watch } from "../watch.ts";
import { create } from "./create.ts";
import { deleteCollection, deleteOne } from "./delete.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { collectedBinding } from "./subresources/binding.ts";
import { subresources } from "./subresources/index.ts";
import { update } from "./update.ts";
import { createVirtual } from "./virtual.ts";

export type Verb = (call: Call) => Promise<HttpResponse>;

const verbs: Readonly<Record<string, Verb>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};

export interface Found {
  readonly resource: ResourceInfo;
  readonly subresource: SubresourceInfo | undefined;
}

/** What the path means; throws the 404 or 405 of a path that means nothing. Undefined: no such group or version. */
export function checkPath(info: RequestInfo, resource: ResourceInfo | undefined): Found {
  if (!resource) throw ApiError.unknownResource();
  const inNamespace = info.namespace !== "" && !(resource.group === "" && resource.resource === "namespaces");
  if (resource.namespaced ? info.namespace === "" && info.parts.length > 1 : inNamespace) throw ApiError.unknownResource();
  if (info.subresource === "") {
    if (!verbsOfPath(info, resource).some((verb) => resource.verbs.includes(verb))) throw ApiError.unknownResource();
    if (!allows(info, resource)) throw ApiError.methodNotAllowed();
    return { resource, subresource: undefined };
  }
  const subresource = resource.subresources.find((one) => one.name === info.subresource);
  if (!subresource) throw ApiError.unknownResource();
  if (info.parts.length > 3 && info.subresource !== "proxy") throw ApiError.unknownResource();
  if (!subresource.verbs.includes(info.verb)) throw ApiError.methodNotAllowed();
  return { resource, subresource };
}

/** What a path of this shape could ever be asked; if its resource knows none of it, there is no such path. */
function verbsOfPath({ parts, namespace }: RequestInfo, resource: ResourceInfo): readonly string[] {
  if (parts.length > 1) return ["get", "update", "patch", "delete"];
  return resource.namespaced && namespace === "" ? ["list"] : ["list", "create", "deletecollection"];
}

function allows({ verb, parts, namespace }: RequestInfo, resource: ResourceInfo): boolean {
  if (!resource.verbs.includes(verb)) return false;
  if (verb === "create") return parts.length === 1 && (!resource.namespaced || namespace !== "");
  if (verb === "update" || verb === "patch" || verb === "delete") return parts.length > 1;
  return verb !== "deletecollection" || !resource.namespaced || namespace !== "";
}

/** Said to whoever touches a resource that has had its day, whatever the verb. */
const deprecated: Readonly<Record<string, string>> = {
  "/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  "/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
};

export async function dispatch(call: Call): Promise<HttpResponse> {
  const { resource, subresource, info } = call;
  const old = own(deprecated, `${resource.group}/${resource.resource}`);
  if (old !== undefined) call.warn(old);
  const virtual = call.core.virtual.find((one) => one.group === resource.group && one.resource === resource.resource);
  if (virtual && subresource === undefined) return createVirtual(call, virtual);
  if (subresource !== undefined && subresource.name !== "status") return subresources(call, subresource);
  // Nobody stores a Binding.
  if (resource.group === "" && resource.kind === "Binding") return collectedBinding(call);
  const verb = verbs[info.verb];
  if (!verb) throw ApiError.methodNotAllowed();
  return verb(call);
}
