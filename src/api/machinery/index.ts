// The door of api/machinery.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {};
