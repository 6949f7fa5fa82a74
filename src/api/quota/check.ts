// May this write happen, given these quotas? And if so: what will be used of each.
// Invariant: pure; a quota whose usage nobody has counted yet lets nothing pass; an update pays only for what is new.
// Called by: apiserver/admission/resourceQuota.ts. Next on the way: the quota's status.

import type { ResourceQuota } from "../machinery/types.gen.ts";
import { compareBytes } from "../meta/gotext.ts";
import { Quantity } from "../meta/quantity.ts";
import { type QuotaEvaluator, quotaMatches, type QuotaWrite } from "./evaluators.ts";
import { addLists, exceeding, excess, listText, mask, type ResourceList, withoutZeros } from "./lists.ts";

export type QuotaVerdict =
  /** `used` is empty for "this write does not count here". */
  { readonly type: "allowed"; readonly used: ReadonlyMap<string, ResourceList> } | { readonly type: "refused"; readonly text: string };

function nameText(names: readonly string[]): string {
  return [...names].sort(compareBytes).join(",");
}

function interesting(evaluator: QuotaEvaluator, quotas: readonly ResourceQuota[], write: QuotaWrite): ResourceQuota[] | string {
  const found: ResourceQuota[] = [];
  for (const quota of quotas) {
    const hard = quota.status?.hard ?? {};
    if (!quotaMatches(evaluator, quota, write.object, hard)) continue;
    const names = Object.keys(hard).filter((name) => evaluator.matches(name));
    const missing = evaluator.constraint(names, write.object);
    if (missing !== undefined) return `failed quota: ${quota.metadata!.name}: ${missing}`;
    const used = quota.status?.used ?? {};
    if (names.some((name) => !Object.hasOwn(used, name))) {
      return `status unknown for quota: ${quota.metadata!.name}, resources: ${nameText(names)}`;
    }
    found.push(quota);
  }
  return found;
}

/** What the write adds to this quota. */
function deltaFor(evaluator: QuotaEvaluator, quota: ResourceQuota, write: QuotaWrite, usage: ResourceList, nowMs: number): ResourceList {
  const { old } = write;
  if (write.operation !== "UPDATE" || !old || !quotaMatches(evaluator, quota, old, quota.status?.hard ?? {})) return withoutZeros(usage);
  return withoutZeros(excess(usage, evaluator.usage(old, nowMs)));
}

export function checkQuotas(evaluator: QuotaEvaluator, quotas: readonly ResourceQuota[], write: QuotaWrite, nowMs: number): QuotaVerdict {
  const concerned = interesting(evaluator, quotas, write);
  if (typeof concerned === "string") return { type: "refused", text: concerned };
  const used = new Map<string, ResourceList>();
  if (concerned.length === 0) return { type: "allowed", used };
  const usage = evaluator.usage(write.object, nowMs);
  const negative = Object.keys(usage).filter((name) => Quantity.parse(usage[name]!).sign < 0);
  if (negative.length > 0) return { type: "refused", text: `quota usage is negative for resource(s): ${nameText(negative)}` };
  for (const quota of concerned) {
    const hard = quota.status?.hard ?? {};
    const requested = mask(deltaFor(evaluator, quota, write, usage, nowMs), Object.keys(hard));
    if (Object.keys(requested).length === 0) continue;
    const before = quota.status?.used ?? {};
    const after = addLists(before, requested);
    const over = write.subresource === "status" ? [] : exceeding(mask(after, Object.keys(requested)), hard);
    if (over.length > 0) {
      const [asked, held, limited] = [requested, before, hard].map((list) => listText(mask(list, over)));
      return { type: "refused", text: `exceeded quota: ${quota.metadata!.name}, requested: ${asked}, used: ${held}, limited: ${limited}` };
    }
    used.set(quota.metadata!.name!, after);
  }
  return { type: "allowed", used };
}
