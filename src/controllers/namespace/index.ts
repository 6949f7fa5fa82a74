// The namespace controller: empties a namespace that is being deleted, then lets it go.
// Invariant: it acts on nothing outside a namespace that carries a deletionTimestamp.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { Namespace } from "#api";
import { keyOf } from "#client";
import { defineController, type Watch, type World } from "../framework/define.ts";
import { deletableResources, isEvents, resourceName } from "../resources.ts";
import { type Content, planNamespace, type SeenNamespace } from "./plan.ts";

// Tables of constants, read once.
// The two groups of Events show the same objects.
const namespaced = deletableResources().filter((info) => info.namespaced && info.group !== "events.k8s.io");
const followed = namespaced.filter((info) => !isEvents(info));

/** Whatever vanishes from a namespace that is being deleted may have been the last thing in it. */
const contentWatches: readonly Watch[] = followed.map((info) => ({
  resource: resourceName(info),
  metadataOnly: true,
  keys(object, world) {
    const name = object.metadata.namespace ?? "";
    return world.lister<Namespace>("namespaces").get(name)?.metadata.deletionTimestamp === undefined ? [] : [name];
  },
}));

export const namespace = defineController<SeenNamespace>({
  name: "namespace-controller",
  watches: [{ resource: "namespaces", keys: (one) => [keyOf(one)] }, ...contentWatches],
  async observe(key, world) {
    const found = world.lister<Namespace>("namespaces").get(key);
    if (!found) return undefined;
    const seen = { saw: [found], namespace: found };
    if (found.metadata.deletionTimestamp === undefined) return { ...seen, content: [], live: false };
    const cached = cachedContent(key, world);
    const live = cached.length === 0;
    return { ...seen, live, content: live ? await liveContent(key, world) : cached };
  },
  plan: planNamespace,
});

function cachedContent(name: string, world: World): Content[] {
  return followed
    .map((info) => ({ info, resource: resourceName(info), objects: world.lister(resourceName(info)).byIndex("namespace", name) }))
    .filter((one) => one.objects.length > 0);
}

/** Informers lag: before the last word is said, the API server is asked about every resource, Events included. */
async function liveContent(name: string, world: World): Promise<Content[]> {
  const found: Content[] = [];
  for (const info of namespaced) {
    const { items } = await world.client.resource(info).list(name, { limit: 500, metadataOnly: true });
    if (items.length > 0) found.push({ info, resource: resourceName(info), objects: items });
  }
  return found;
}
