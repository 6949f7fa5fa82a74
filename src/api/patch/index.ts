// The door of api/patch.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { jsonPatch, maxJsonPatchOperations } from "./jsonpatch.ts";
export { mergePatch } from "./mergepatch.ts";
export { keepRaw } from "./raw.ts";
export { patchText, strategicMergePatch } from "./strategic.ts";
export { misfit } from "./unstructured.ts";
