// The door of api/printing.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {};
