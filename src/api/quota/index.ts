// The door of api/quota: how much of a quota an object uses, and whether a write fits.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { checkQuotas, type QuotaVerdict } from "./check.ts";
export { type QuotaEvaluator, quotaEvaluator, quotaMatches, type QuotaWrite, scopesOf } from "./evaluators.ts";
export { addLists, listText, type ResourceList, sameLists } from "./lists.ts";
export { podLimitList, podRequestList } from "./podresources.ts";
