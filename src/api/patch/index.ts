// The door of api/patch.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {};
