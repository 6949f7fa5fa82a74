// The door of api/openapi.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {};
