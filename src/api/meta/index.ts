// The door of api/meta.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {};
