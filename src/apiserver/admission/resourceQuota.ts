// Quotas: a write is let through only if every quota that is about it has room, and the room is taken in the same breath.
// Invariant: usage is raised under the condition that nobody else raised it meanwhile, so two writers never share the last place;
//   what a failed or deleted write used is given back by the controller, which counts anew.
// Called by: admission/step.ts, last of all steps. Next on the way: controllers/resourcequota.

import { ApiError, checkQuotas, encodeJson, findKind, quotaEvaluator, type ResourceQuota } from "#api";
import { assert, type Clock } from "#lib";
import type { KeyValue, Store } from "#store";
import { decodeStored, entryShape } from "../cache/entry.ts";
import { keyOf } from "../registry/keys.ts";
import type { AdmissionRequest, AdmissionStep } from "./step.ts";

const maxAttempts = 50;

/** Nobody counts these. */
const ignored: ReadonlySet<string> = new Set(["/events", "events.k8s.io/events", "/bindings"]);

export function resourceQuota(store: Store, clock: Clock): AdmissionStep {
  const info = findKind("", "v1", "ResourceQuota");
  assert(info, "ResourceQuota is served");
  const shape = entryShape(info);

  const read = async (namespace: string, name: string): Promise<{ quota: ResourceQuota; kv: KeyValue } | undefined> => {
    const { kvs } = await store.range({ start: keyOf(info, namespace, name) });
    return kvs[0] && { quota: decodeStored(shape, kvs[0].value) as unknown as ResourceQuota, kv: kvs[0] };
  };

  const check = async (request: AdmissionRequest, names: readonly string[]): Promise<string[]> => {
    const { operation, resource, subresource, namespace, name, object, old, dryRun } = request;
    const evaluator = quotaEvaluator(resource.group, resource.resource);
    const stored = (await Promise.all(names.map((one) => read(namespace, one)))).filter((one) => one !== undefined);
    const quotas = stored.map(({ quota }) => quota);
    const write = { operation, subresource, object: object!, old };
    const verdict = checkQuotas(evaluator, quotas, write, clock.nowMs());
    if (verdict.type === "refused") throw ApiError.forbidden({ group: resource.group, resource: resource.resource }, name, verdict.text);
    const lost: string[] = [];
    for (const { quota, kv } of stored) {
      const used = verdict.used.get(quota.metadata!.name!);
      if (used === undefined || dryRun) continue;
      const value = encodeJson({ ...quota, status: { ...quota.status, used: { ...used } } }, info.type);
      const { succeeded } = await store.txn({ key: kv.key, expect: kv.modRevision, operation: { type: "put", value } });
      if (!succeeded) lost.push(quota.metadata!.name!);
    }
    return lost;
  };

  return {
    name: "ResourceQuota",
    async validate(request) {
      const { operation, resource, subresource, namespace, object, old, reader } = request;
      if (operation === "DELETE" || !resource.namespaced || !object || ignored.has(`${resource.group}/${resource.resource}`)) return;
      const evaluator = quotaEvaluator(resource.group, resource.resource);
      if (!evaluator.handles({ operation, subresource, object, old })) return;
      const quotas = await reader.list("", "resourcequotas", namespace);
      let names = quotas.map(({ metadata }) => metadata.name!).sort();
      // Only quotas that somebody else was faster with are asked again: the others have been paid.
      for (let attempt = 1; names.length > 0; attempt++) {
        if (attempt > maxAttempts) throw ApiError.internal("resource quota evaluation timed out");
        names = await check(request, names);
      }
    },
  };
}
