// pods/eviction: a deletion that asks first.
// Invariant: a pod that a budget guards goes only if the budget has room, and the room is taken before the pod goes.
// Called by: index.ts; its callers are kubectl drain and whoever empties nodes. Next on the way: delete.ts; controllers/disruption.

import { type ApiObject, ApiError, encodeJson, findKind, type Pod, type PodDisruptionBudget, selectorFromLabelSelector } from "#api";
import { assert, rfc3339 } from "#lib";
import type { HttpResponse } from "#wire";
import { runValidating } from "../../admission/step.ts";
import { decodeStored, entryShape } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { objectResponse } from "../../output.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { deleteObject } from "../delete.ts";
import { keyOf } from "../keys.ts";
import { checkDeleteOptions, type DeleteOptions, writeOptions } from "../options.ts";
import { change, readStored, type Stored, subjectOf, targetOf } from "../write.ts";
import { admitPosted } from "./admit.ts";

const evictionKind = {
  group: "policy",
  version: "v1",
  // kubectl drain before 1.22; upstream serves no policy/v1beta1 either, and takes this one kind of it.
  olderVersions: ["v1beta1"],
  kind: "Eviction",
  type: "io.k8s.api.policy.v1.Eviction",
} as const;
const statusType = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const maxAttempts = 20;
const maxDisruptedPods = 2000;

export async function eviction(call: Call): Promise<HttpResponse> {
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: evictionKind, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, evictionKind, call.warn) as ApiObject & { deleteOptions?: DeleteOptions };
  const { name } = call.info;
  const admission = await admitPosted(call, name, object, options.dryRun);
  if ((object.metadata.name ?? "") !== name) throw ApiError.badRequest("name in URL does not match name in Eviction object");
  const given = object.deleteOptions ?? {};
  checkDeleteOptions(given);
  await runValidating(call.core.admission, admission);
  const asked: DeleteOptions = { ...given, ...(options.dryRun && { dryRun: ["All"] }) };
  await evict(call, asked);
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return objectResponse(201, status, statusType, { ...call.representation, view: "object" });
}

/** Its end has come, or has been decided, or it never began: no budget is asked. */
function isUnguarded({ metadata, status }: Pod): boolean {
  return ["Succeeded", "Failed", "Pending"].includes(status?.phase ?? "") || metadata?.deletionTimestamp !== undefined;
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True");
}

async function evict(call: Call, options: DeleteOptions): Promise<void> {
  const target = targetOf(call, call.info.name);
  const stored = await readStored(call, target);
  if (!stored) throw ApiError.notFound(subjectOf(call), call.info.name);
  const pod = stored.object as unknown as Pod;
  if (isUnguarded(pod)) return remove(call, options);
  const budgets = await budgetsOf(call, stored);
  if (budgets.length > 1) {
    const text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw ApiError.of(500, "", text);
  }
  if (budgets.length === 0) return remove(call, options);
  const name = budgets[0]!.metadata!.name!;
  if (!isReady(pod) && mayGoUnready(budgets[0]!)) {
    // It must not have become ready meanwhile.
    const preconditions = {
      ...options.preconditions,
      resourceVersion: options.preconditions?.resourceVersion ?? String(stored.kv.modRevision),
    };
    try {
      return await remove(call, { ...options, preconditions });
    } catch (error) {
      const changed = error instanceof ApiError && error.code === 409 && options.preconditions?.resourceVersion === undefined;
      throw changed ? waiting(name) : error;
    }
  }
  await takeDisruption(call, name, (options.dryRun ?? []).length > 0);
  await remove(call, options);
}

async function budgetsOf(call: Call, { object }: Stored): Promise<PodDisruptionBudget[]> {
  const budgets = (await call.core.reader.list("policy", "poddisruptionbudgets", call.info.namespace)) as unknown as PodDisruptionBudget[];
  return budgets.filter(({ spec }) => {
    if (!spec?.selector) return false;
    return selectorFromLabelSelector(spec.selector).matches(object.metadata.labels);
  });
}

function mayGoUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const desired = status?.desiredHealthy ?? 0;
  return (status?.currentHealthy ?? 0) >= desired && desired > 0;
}

function waiting(name: string): ApiError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  return withCause(ApiError.tooManyRequests(text, 10), `The disruption budget ${name} is still being processed by the server.`);
}

function withCause(error: ApiError, message: string): ApiError {
  const { status } = error;
  const cause = { reason: "DisruptionBudget", message };
  return new ApiError({ ...status, details: { ...status.details, causes: [...(status.details?.causes ?? []), cause] } });
}

function exhausted({ metadata, status }: PodDisruptionBudget): ApiError {
  const name = metadata!.name!;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  const condition = (status?.conditions ?? []).find(({ type }) => type === "DisruptionAllowed");
  const told = condition?.status === "False" && condition.message ? condition : undefined;
  const not = `The disruption budget ${name} does not allow evicting pods currently`;
  let text = not;
  if (told?.reason === "SyncFailed") text = `${not} because it failed sync: ${told.message}`;
  else if (currentHealthy <= desiredHealthy)
    text = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  else if (told) text = `${not} (${told.reason}): ${told.message}`;
  return withCause(ApiError.tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0), text);
}

/** One disruption fewer is allowed, under the condition that nobody else took one meanwhile. */
async function takeDisruption(call: Call, name: string, dryRun: boolean): Promise<void> {
  const info = findKind("policy", "v1", "PodDisruptionBudget");
  assert(info, "PodDisruptionBudget is served");
  const key = keyOf(info, call.info.namespace, name);
  const { store, clock } = call.core;
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const { kvs } = await store.range({ start: key });
    if (!kvs[0]) throw ApiError.notFound({ group: "policy", resource: "poddisruptionbudgets" }, name);
    const budget = decodeStored(entryShape(info), kvs[0].value) as unknown as PodDisruptionBudget;
    const allowed = checkBudget(budget);
    if (dryRun) return;
    const status = budget.status!;
    const now = rfc3339(clock.nowMs());
    const conditions = allowed > 1 ? (status.conditions ?? []) : denied(budget, now);
    const disruptedPods = { ...status.disruptedPods, [call.info.name]: now };
    const changed = { ...budget, status: { ...status, disruptionsAllowed: allowed - 1, disruptedPods, conditions } };
    const value = encodeJson(changed, info.type);
    const operation = { type: "put", value } as const;
    if ((await store.txn({ key, expect: kvs[0].modRevision, operation, cause: call.cause })).succeeded) return;
  }
  throw ApiError.timeout(`couldn't update PodDisruptionBudget ${JSON.stringify(name)} due to conflicts`, 10);
}

/** How many disruptions are allowed, at least one; refuses otherwise. */
function checkBudget(budget: PodDisruptionBudget): number {
  const { metadata, status } = budget;
  const subject = { group: "policy", resource: "poddisruptionbudget" };
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) throw waiting(metadata!.name!);
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw ApiError.forbidden(subject, metadata!.name!, "pdb disruptions allowed is negative");
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods) {
    throw ApiError.forbidden(subject, metadata!.name!, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (allowed === 0) throw exhausted(budget);
  return allowed;
}

function denied({ metadata, status }: PodDisruptionBudget, now: string) {
  const rest = (status?.conditions ?? []).filter(({ type }) => type !== "DisruptionAllowed");
  const observedGeneration = metadata?.generation ?? 0;
  const common = { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", message: "" };
  return [...rest, { ...common, observedGeneration, lastTransitionTime: now }];
}

/** The pod says why it goes, and goes. */
async function remove(call: Call, options: DeleteOptions): Promise<void> {
  const { name } = call.info;
  const target = targetOf(call, name);
  let preconditions = options.preconditions;
  if ((options.dryRun ?? []).length === 0) {
    const outcome = await change(call, target, { dryRun: false }, (stored) => {
      if (!stored) throw ApiError.notFound(subjectOf(call), name);
      const { uid, resourceVersion } = options.preconditions ?? {};
      const fits = (uid ?? stored.object.metadata.uid) === stored.object.metadata.uid;
      // The deletion says what does not fit.
      if (!fits || (resourceVersion ?? stored.object.metadata.resourceVersion) !== stored.object.metadata.resourceVersion)
        return Promise.resolve({ type: "keep" });
      mark(stored.object as unknown as Pod, rfc3339(call.core.clock.nowMs()));
      return Promise.resolve({ type: "put", object: stored.object });
    });
    if (outcome.type === "updated" && preconditions?.resourceVersion !== undefined) {
      preconditions = { ...preconditions, resourceVersion: String(outcome.entry.revision) };
    }
  }
  const outcome = await deleteObject(call, target, { ...options, ...(preconditions && { preconditions }) });
  if (outcome === undefined) throw ApiError.notFound(subjectOf(call), name);
}

function mark(pod: Pod, now: string): void {
  const rest = (pod.status?.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
  const common = { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
  pod.status = { ...pod.status, conditions: [...rest, { ...common, lastTransitionTime: now }] };
}
