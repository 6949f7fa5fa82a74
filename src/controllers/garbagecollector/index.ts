// The garbage collector: what is owned by something that no longer exists is deleted, in the order that its owner asked for.
// Invariant: informers only suggest; before anything is deleted the object and its owners are looked at live.
// Called by: ../index.ts, the list, after those whose informers it shares. Next on the way: plan.ts.

import { ApiError, findKind, type OwnerReference, type ResourceInfo, splitApiVersion } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { defineController, type Watch, type World } from "../framework/define.ts";
import { deletableResources, isEvents, resourceName } from "../resources.ts";
import { blocks, type Dependent, holds, isDeleting, isWaiting, orphan, type OwnerState, planCollection, type SeenObject } from "./plan.ts";

// Tables of constants, read once. Upstream leaves Events out too: they expire, and nobody owns them.
const collected = deletableResources().filter((info) => !isEvents(info));
const byName = new Map(collected.map((info) => [resourceName(info), info]));

const gcKey = (resource: string, object: Live<AnyObject>): string => `${resource} ${keyOf(object)}`;

const watches: readonly Watch[] = collected.map((info) => {
  const resource = resourceName(info);
  return { resource, metadataOnly: true, keys: (object, world) => wokenKeys(resource, object, world) };
});

export const garbageCollector = defineController<SeenObject>({
  name: "garbage-collector-controller",
  account: "generic-garbage-collector",
  workers: 20,
  watches,
  async observe(key, world) {
    const [resource = "", objectKey = ""] = key.split(" ");
    const info = byName.get(resource)!;
    const cached = world.lister(resource).get(objectKey);
    if (!cached) return undefined;
    if (!needsAttention(cached, world)) return { saw: [cached], resource, info, object: cached, owners: [], dependents: [] };
    const object = await live(world, info, cached);
    if (!object) return undefined;
    const owners = await Promise.all(
      (object.metadata.ownerReferences ?? []).map(async (reference) => ({
        reference,
        state: await ownerState(world, info, object, reference),
      })),
    );
    return { saw: [object], resource, info, object, owners, dependents: dependentsOf(object.metadata.uid, world) };
  },
  plan: planCollection,
});

/** The object now, if it is still the one that the cache knows. */
async function live(world: World, info: ResourceInfo, cached: Live<AnyObject>): Promise<Live<AnyObject> | undefined> {
  const { namespace, name, uid } = cached.metadata;
  try {
    const object = await world.client.resource(info).get(namespace, name, { metadataOnly: true });
    return object.metadata.uid === uid ? object : undefined;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}

function ownerResource(reference: OwnerReference): ResourceInfo | undefined {
  const { group, version } = splitApiVersion(reference.apiVersion);
  return findKind(group, version, reference.kind);
}

function cachedOwner(reference: OwnerReference, world: World): Live<AnyObject> | undefined {
  const info = ownerResource(reference);
  return info && byName.has(resourceName(info)) ? world.lister(resourceName(info)).byIndex("uid", reference.uid)[0] : undefined;
}

async function ownerState(world: World, info: ResourceInfo, object: Live<AnyObject>, reference: OwnerReference): Promise<OwnerState> {
  const owner = ownerResource(reference);
  // A kind that nobody serves may be served again tomorrow: its dependents stay.
  if (!owner) return "unknown";
  if (owner.namespaced && !info.namespaced) return "unknown";
  const namespace = owner.namespaced ? object.metadata.namespace : undefined;
  try {
    const found = await world.client.resource(owner).get(namespace, reference.name, { metadataOnly: true });
    if (found.metadata.uid !== reference.uid) return "absent";
    return isWaiting(found) ? "waiting" : "solid";
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
  const elsewhere = cachedOwner(reference, world);
  return elsewhere && elsewhere.metadata.namespace !== namespace ? "misplaced" : "absent";
}

function dependentsOf(uid: string, world: World): Dependent[] {
  return [...byName.keys()].flatMap((resource) =>
    world
      .lister(resource)
      .byIndex("owner", uid)
      .map((object) => ({ resource, object })),
  );
}

/** By the caches alone: whether a live look could come to anything. */
function needsAttention(object: Live<AnyObject>, world: World): boolean {
  if (isDeleting(object)) return isWaiting(object) || holds(object, orphan);
  return (object.metadata.ownerReferences ?? []).some((reference) => {
    const owner = cachedOwner(reference, world);
    return (
      !owner ||
      isWaiting(owner) ||
      owner.metadata.name !== reference.name ||
      (owner.metadata.namespace ?? object.metadata.namespace) !== object.metadata.namespace
    );
  });
}

/** Whom this change concerns: the object, its dependents when it goes, and the owners that wait for it. */
function wokenKeys(resource: string, object: Live<AnyObject>, world: World): string[] {
  const keys: string[] = [];
  const gone = world.lister(resource).get(keyOf(object))?.metadata.uid !== object.metadata.uid;
  if (!gone && needsAttention(object, world)) keys.push(gcKey(resource, object));
  if (gone || isWaiting(object))
    keys.push(...dependentsOf(object.metadata.uid, world).map((dependent) => gcKey(dependent.resource, dependent.object)));
  for (const reference of object.metadata.ownerReferences ?? []) {
    const owner = cachedOwner(reference, world);
    if (owner && isWaiting(owner) && blocks(object, reference.uid)) keys.push(gcKey(resourceName(ownerResource(reference)!), owner));
  }
  return keys;
}
