// Who writes, and what that makes of metadata.managedFields.
// Invariant: ownership is reckoned on what the request said, with defaults, before admission and the kind's preparation have changed it:
//   what the server fills in belongs to nobody. It is seen in the version the request speaks.
// Called by: create.ts, update.ts, apply.ts, subresources/scale.ts. Next on the way: api/apply.

import {
  type ApiObject,
  ApiError,
  findKind,
  type OwnershipView,
  type OwnershipWrite,
  type ResourceInfo,
  splitApiVersion,
  trackUpdate,
} from "#api";
import { rfc3339 } from "#lib";
import { header } from "#wire";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";

const maxManagerBytes = 128;

/** The manager a request names, else the program that sent it, as far as its name can be printed. */
export function managerOf(call: Call, fieldManager: string): string {
  if (fieldManager !== "") return fieldManager;
  const agent = header(call.request.headers, "user-agent") ?? "";
  let name = "";
  for (const character of agent.split("/")[0]!) {
    if (/[\p{C}\p{Z}]/u.test(character) && character !== " ") continue;
    if (Buffer.byteLength(name) + Buffer.byteLength(character) > maxManagerBytes) break;
    name += character;
  }
  return name;
}

export function writeOf(call: Call, fieldManager: string): OwnershipWrite {
  return {
    view: viewOf(call.resource),
    subresource: call.info.subresource,
    manager: managerOf(call, fieldManager),
    now: rfc3339(call.core.clock.nowMs()),
  };
}

function viewOf(info: ResourceInfo): OwnershipView {
  const { group, version, kind, type } = info;
  return { group, version, kind, type, at: (object, apiVersion) => inVersion(object, apiVersion, kind) };
}

/** Undefined for versions that are gone and for those that nothing can be converted to. */
function inVersion(object: ApiObject, apiVersion: string, kind: string): { object: ApiObject; type: string } | undefined {
  const { group, version } = splitApiVersion(apiVersion);
  const info = findKind(group, version, kind);
  if (info === undefined) return undefined;
  try {
    return { object: convert(object, info), type: info.type };
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Sets the owners on `object`, which still carries those the request named. `live` is undefined for a creation. */
export function track(call: Call, fieldManager: string, live: ApiObject | undefined, object: ApiObject): void {
  const seen = (one: ApiObject): ApiObject => convert(one, call.resource);
  const entries = trackUpdate(live && seen(live), seen(object), writeOf(call, fieldManager));
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}
