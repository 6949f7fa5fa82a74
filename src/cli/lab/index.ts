// The door of labs and chapters for tools outside src/: they check, fill in and play the same pages.
// Invariant: no layer under src/ imports this; the verbs use their own folder's files.
// Called by: tools/docs.ts, tools/mutants.ts, tools/planted.test.ts. Next on the way: library.ts.

export { filled, fromTree } from "./check.ts";
export type { Page } from "./format.ts";
export { entries, readPage } from "./library.ts";
export { applyMutant, parseMutant } from "./mutant.ts";
export { runTests } from "./test-run.ts";
