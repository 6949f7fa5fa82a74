// The quota controller: how much of each quota is really used, counted anew when something has gone.
// Invariant: admission raises usage before an object exists; only this loop lowers it. Looks at everything again every five minutes.
// Called by: ../index.ts, the list. Next on the way: api/quota, which knows what an object uses.

import {
  addLists,
  type ApiObject,
  type Pod,
  quotaEvaluator,
  quotaMatches,
  type ResourceInfo,
  type ResourceList,
  type ResourceQuota,
  sameLists,
} from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { defineController, type Watch, type World } from "../framework/define.ts";
import { isNotFound, nothing, type Plan } from "../framework/plan.ts";
import { deletableResources, isEvents, resourceName } from "../resources.ts";

const resyncMs = 5 * 60_000;
// A table of constants: everything in a namespace can be counted.
const counted: readonly ResourceInfo[] = deletableResources().filter((info) => info.namespaced && !isEvents(info));
/** Those whose amounts stand in their spec. */
const whole = new Set(["pods", "services", "persistentvolumeclaims"]);

interface SeenQuota {
  readonly saw: readonly Live<AnyObject>[];
  readonly quota: Live<ResourceQuota>;
  readonly used: ResourceList;
}

function isOver(object: Live<AnyObject>): boolean {
  const phase = (object as Live<Pod>).status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

/** Creations are charged by admission; what frees a place is a deletion, an end, or a service or claim that changed. */
function mayFree(resource: string, object: Live<AnyObject>, world: World): boolean {
  if (resource === "services" || resource === "persistentvolumeclaims") return true;
  if (resource === "pods" && isOver(object)) return true;
  return world.lister(resource).get(keyOf(object)) === undefined;
}

const watches: readonly Watch[] = counted.map((info) => {
  const resource = resourceName(info);
  if (resource === "resourcequotas") return { resource, keys: (quota) => [keyOf(quota)] };
  return {
    resource,
    metadataOnly: !whole.has(resource),
    keys(object, world) {
      const quotas = world.lister<ResourceQuota>("resourcequotas").byIndex("namespace", object.metadata.namespace ?? "");
      if (quotas.length === 0 || !mayFree(resource, object, world)) return [];
      const evaluator = quotaEvaluator(info.group, info.resource);
      return quotas.filter((quota) => Object.keys(quota.spec?.hard ?? {}).some((name) => evaluator.matches(name))).map(keyOf);
    },
  };
});

export function countUsage(quota: ResourceQuota, objectsOf: (info: ResourceInfo) => readonly ApiObject[], nowMs: number): ResourceList {
  const hard = quota.spec?.hard ?? {};
  let used: Record<string, string> = {};
  for (const name of Object.keys(hard)) used[name] = "0";
  for (const info of counted) {
    const evaluator = quotaEvaluator(info.group, info.resource);
    const names = Object.keys(hard).filter((name) => evaluator.matches(name));
    if (names.length === 0) continue;
    for (const object of objectsOf(info)) {
      if (!quotaMatches(evaluator, quota, object, hard)) continue;
      const usage = evaluator.usage(object, nowMs);
      used = addLists(used, Object.fromEntries(names.flatMap((name) => (Object.hasOwn(usage, name) ? [[name, usage[name]!]] : []))));
    }
  }
  return used;
}

export const resourceQuota = defineController<SeenQuota>({
  name: "resourcequota-controller",
  watches,
  observe(key, world, context) {
    const quota = world.lister<ResourceQuota>("resourcequotas").get(key);
    if (!quota) return undefined;
    const namespace = quota.metadata.namespace ?? "";
    const objectsOf = (info: ResourceInfo): readonly ApiObject[] =>
      world.lister(resourceName(info)).byIndex("namespace", namespace) as unknown as readonly ApiObject[];
    return { saw: [quota], quota, used: countUsage(quota, objectsOf, context.clock.nowMs()) };
  },
  plan: planQuota,
});

export function planQuota({ quota, used }: SeenQuota): Plan {
  const hard = quota.spec?.hard ?? {};
  const { hard: shown, used: held } = quota.status ?? {};
  if (shown && held && sameLists(shown, hard) && sameLists(held, used)) {
    return { ...nothing("usage is as counted"), requeueAfterMs: resyncMs };
  }
  const object = { ...quota, status: { hard: { ...hard }, used: { ...used } } };
  return {
    actions: [
      { verb: "update", resource: "resourcequotas", object: object as Live<AnyObject>, subresource: "status", tolerates: isNotFound },
    ],
    decision: "usage differs from what is counted",
    requeueAfterMs: resyncMs,
  };
}
