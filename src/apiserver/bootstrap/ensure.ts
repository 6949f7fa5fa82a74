// Brings the bootstrap objects into being, through the same pipeline as everybody's requests.
// Invariant: idempotent; another server doing the same at the same time is no error; writes only what differs.
// Called by: createApiServer, as `system:apiserver`, once the caches can be read.   Next on the way: writer.ts.

import { ApiError, type ApiObject, findKind, type ResourceInfo, splitApiVersion } from "#api";
import { assert } from "#lib";
import { bootstrapNamespaces, bootstrapObjects, type BootstrapSettings } from "./objects.ts";
import { plan } from "./plan.ts";

/** As much of a client as bootstrapping needs. Failures are ApiErrors. */
export interface BootstrapWriter {
  /** All objects of a resource, in all namespaces. */
  list(info: ResourceInfo): Promise<readonly ApiObject[]>;
  create(info: ResourceInfo, object: ApiObject): Promise<void>;
  update(info: ResourceInfo, object: ApiObject): Promise<void>;
  remove(info: ResourceInfo, object: ApiObject): Promise<void>;
}

export interface BootstrapResult {
  readonly created: number;
  readonly updated: number;
}

const parallelWrites = 32;

export async function ensureBootstrap(writer: BootstrapWriter, settings: BootstrapSettings): Promise<BootstrapResult> {
  const namespaces = await ensureAll(writer, bootstrapNamespaces());
  const rest = await ensureAll(writer, bootstrapObjects(settings));
  return { created: namespaces.created + rest.created, updated: namespaces.updated + rest.updated };
}

const keyOf = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

function infoOf(object: ApiObject): ResourceInfo {
  const { group, version } = splitApiVersion(object.apiVersion);
  const info = findKind(group, version, object.kind);
  assert(info, `${object.apiVersion} ${object.kind} is served`);
  return info;
}

async function ensureAll(writer: BootstrapWriter, wanted: readonly ApiObject[]): Promise<BootstrapResult> {
  const kinds = Map.groupBy(wanted, infoOf);
  const stored = new Map<ResourceInfo, Map<string, ApiObject>>();
  await Promise.all(
    [...kinds.keys()].map(async (info) => stored.set(info, new Map((await writer.list(info)).map((object) => [keyOf(object), object])))),
  );
  const actions = [...kinds].flatMap(([info, objects]) =>
    objects.map((object) => ({ info, action: plan(object, stored.get(info)?.get(keyOf(object))) })),
  );
  const work = actions.flatMap(({ info, action }) => (action.type === "none" ? [] : [{ info, action }]));
  const next = work.values();
  const worker = async (): Promise<void> => {
    for (const { info, action } of next) await carryOut(writer, info, action);
  };
  await Promise.all(Array.from({ length: parallelWrites }, worker));
  const created = work.filter(({ action }) => action.type === "create").length;
  return { created, updated: work.length - created };
}

async function carryOut(writer: BootstrapWriter, info: ResourceInfo, action: { type: string; object: ApiObject }): Promise<void> {
  try {
    if (action.type === "update") return await writer.update(info, action.object);
    if (action.type === "replace") await writer.remove(info, action.object);
    await writer.create(info, action.object);
  } catch (error) {
    // Somebody else was first: as good as done by us.
    if (error instanceof ApiError && error.status.code === 409) return;
    throw error;
  }
}
