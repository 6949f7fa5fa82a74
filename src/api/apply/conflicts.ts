// The refusal of an apply: who owns the fields it wants to change.
// Invariant: texts and causes are upstream's; owners stand in a fixed order, where upstream's varies.
// Called by: applyconfig.ts. Next on the way: meta/errors.ts.

import { ApiError } from "../meta/errors.ts";
import { goQuote } from "../machinery/codec/errors.ts";
import { type Element, pathText } from "./element.ts";
import { FieldSet } from "./fieldset.ts";
import type { Identity } from "./managers.ts";

export interface Conflict {
  readonly owner: Identity;
  readonly path: readonly Element[];
}

export class Conflicts extends Error {
  override name = "Conflicts";
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super("apply conflicts");
    this.conflicts = conflicts;
  }

  get paths(): FieldSet {
    return FieldSet.of(...this.conflicts.map(({ path }) => path));
  }
}

function ownerText({ manager, operation, apiVersion, subresource }: Identity): string {
  const name = subresource === "" ? goQuote(manager) : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}

export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${ownerText(owner)}`,
    field: pathText(path),
  }));
  return ApiError.of(409, "Conflict", message(conflicts), { causes });
}

function message(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1) return `Apply failed with 1 conflict: conflict with ${ownerText(first!.owner)}: ${pathText(first!.path)}`;
  const byOwner = new Map<string, string[]>();
  for (const { owner, path } of conflicts) {
    const paths = byOwner.get(ownerText(owner)) ?? [];
    byOwner.set(ownerText(owner), [...paths, pathText(path)]);
  }
  const lines = [...byOwner].flatMap(([owner, paths]) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}
