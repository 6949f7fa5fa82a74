// A mutant: one text of one symbol replaced by another, in memory only.
// Invariant: the text stands in the symbol exactly once, or the mutant is refused; no file is ever written.
// Called by: hooks.ts, which applies it while modules load; check.ts and tools/mutants.ts. Next on the way: symbols.ts.

import { findSymbol } from "./symbols.ts";

export interface Mutant {
  /** As written: `src/lib/queue.ts#BoundedQueue.push: 'a' => 'b'`. */
  readonly text: string;
  readonly file: string;
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
}

const pattern = /^([\w./-]+\.ts)#([\w$#]+(?:\.[\w$#]+)?):\s*'((?:[^'\\]|\\.)+)'\s*=>\s*'((?:[^'\\]|\\.)*)'$/s;
const unquote = (text: string): string => text.replaceAll(/\\(.)/gs, (_, char: string) => (char === "n" ? "\n" : char));

export const looksLikeMutant = (text: string): boolean => /^[\w./-]+\.ts#/.test(text);

export function parseMutant(text: string): Mutant {
  const match = pattern.exec(text.trim());
  if (!match) throw new Error(`${JSON.stringify(text)} is not a mutant: file.ts#symbol: 'text' => 'text'`);
  const [, file, symbol, from, to] = match as unknown as [string, string, string, string, string];
  return { text: text.trim(), file, symbol, from: unquote(from), to: unquote(to) };
}

/** The changed source; throws in words when the symbol is gone or the text is not there exactly once. */
export function applyMutant(source: string, { file, symbol, from, to }: Mutant): string {
  const found = findSymbol(source, symbol);
  if (!found) throw new Error(`${file} has no ${symbol} any more`);
  const count = found.text.split(from).length - 1;
  if (count !== 1) throw new Error(`${JSON.stringify(from)} stands ${count} times in ${file}#${symbol}; a mutant needs it exactly once`);
  return source.slice(0, found.start) + found.text.replace(from, () => to) + source.slice(found.end);
}
