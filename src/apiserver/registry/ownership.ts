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

/** `kind`: what the request speaks of, if that is not the resource itself. */
export function writeOf(call: Call, fieldManager: string, kind: ViewedKind = call.resource): OwnershipWrite {
  return {
    view: viewOf(kind),
    subresource: call.info.subresource,
    manager: managerOf(call, fieldManager),
    now: rfc3339(call.core.clock.nowMs()),
  };
}

export type ViewedKind = Pick<ResourceInfo, "group" | "version" | "kind" | "type">;

function viewOf({ group, version, kind, type }: ViewedKind): OwnershipView {
  return { group, version, kind, type, at: (object, apiVersion) => inVersion(object, apiVersion, { group, kind }) };
}

/** Undefined for versions that are gone, and for the same kind in another group, which upstream does not follow either. */
function inVersion(
  object: ApiObject,
  apiVersion: string,
  view: Pick<ViewedKind, "group" | "kind">,
): { object: ApiObject; type: string } | undefined {
  const { group, version } = splitApiVersion(apiVersion);
  const info = group === view.group ? findKind(group, version, view.kind) : undefined;
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
  const seen = (one: ApiObject): ApiObject => asVersioned(convert(one, call.resource));
  const entries = trackUpdate(live && seen(live), seen(object), writeOf(call, fieldManager));
  if (entries === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}

const templateGeneration = "deprecated.daemonset.template.generation";

/** What upstream's conversion adds when a daemon set leaves memory: its owner is who wrote it first. */
function asVersioned(object: ApiObject): ApiObject {
  if (object.kind !== "DaemonSet") return object;
  const annotations = { [templateGeneration]: "0", ...object.metadata.annotations };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
