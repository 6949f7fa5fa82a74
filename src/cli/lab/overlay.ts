// A learner's function takes the place of ours: its declaration is cut out of the learner's file and put where ours stood.
// Invariant: only that one declaration changes hands; what else the file exports stays ours, and the main tree is never written.
// Called by: hooks.ts while modules load, write.ts. Next on the way: symbols.ts.

import { findSymbol } from "./symbols.ts";

const marker = "write this";

/** `source` with its `symbol` replaced by the learner's. */
export function overlay(source: string, symbol: string, learners: string): string {
  const ours = findSymbol(source, symbol);
  const theirs = findSymbol(learners, symbol);
  if (!ours) throw new Error(`our file has no ${symbol} any more`);
  if (!theirs) throw new Error(`your file has no ${symbol}; keep its first line as it was`);
  return source.slice(0, ours.start) + theirs.text + source.slice(ours.end);
}

/** The whole file with the body of `symbol` emptied, for the learner to fill. */
export function emptied(source: string, symbol: string): string {
  const found = findSymbol(source, symbol);
  if (!found) throw new Error(`no ${symbol}`);
  const lines = found.text.split("\n");
  const opens = lines.findIndex((line) => line.trimEnd().endsWith("{"));
  if (opens < 0 || lines.at(-1)?.trim() !== "}") throw new Error(`${symbol} has no body of its own lines`);
  // A member's lines stand deeper than a function's, and its end is known by that.
  const indent = /^ */.exec(lines[0]!)![0];
  const body = [...lines.slice(0, opens + 1), `${indent}  throw new Error("${symbol}: ${marker}");`, `${indent}}`].join("\n");
  return source.slice(0, found.start) + body + source.slice(found.end);
}

export const isEmptied = (source: string, symbol: string): boolean =>
  findSymbol(source, symbol)?.text.includes(`${symbol}: ${marker}`) === true;
