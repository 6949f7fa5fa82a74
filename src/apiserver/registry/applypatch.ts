// The three kinds of patch, as documents that are applied to documents.
// Invariant: neither the patch nor what it is applied to is changed.
// Called by: patch.ts for whole objects, narrowpatch.ts for parts. Next on the way: api/patch.

import { jsonPatch, mergePatch, strategicMergePatch } from "#api";

export type PatchType = "json" | "merge" | "strategic";

export interface Patch {
  readonly type: PatchType;
  readonly document: unknown;
}

/** Applies a patch to any document that has a type. Neither is changed. */
export function applyPatch(patch: Patch, document: unknown, type: string): unknown {
  switch (patch.type) {
    case "json":
      return jsonPatch(document, patch.document);
    case "merge":
      return mergePatch(document, patch.document);
    case "strategic":
      return strategicMergePatch(document, patch.document, type);
  }
}
