// The door of api/kinds.
// Invariant: only re-exports.
// Called by: api/index.ts.

export type { Column, DeleteRequest, KindRules, NameRule, Row, ScalePaths } from "./rules.ts";
