// The door of api/openapi.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { encodeGnostic } from "./gnostic.ts";
export { openapiV2Document } from "./v2.ts";
export { openapiV3Document, openapiV3Paths } from "./v3.ts";
