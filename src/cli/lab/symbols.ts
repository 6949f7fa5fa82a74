// `file#symbol`: finds a declaration in a source file by its name, its text, and the hash of that text.
// Invariant: needs no parser; it relies on the formatter, which puts a declaration's closing line at the indent of its first.
// Called by: mutants, excerpts, static checks, the load hook. Imports nothing of ours: the hook loads it into every process.

import { createHash } from "node:crypto";

export interface Reference {
  readonly file: string;
  readonly symbol: string;
  /** As the author last read it. */
  readonly hash?: string;
}

export interface Found {
  /** Offsets into the source. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Line of the declaration, from 1. */
  readonly line: number;
}

const referencePattern = /^([\w./-]+\.\w+)#([\w$#]+(?:\.[\w$#]+)?)(?:@([0-9a-f]{4}))?$/;

export function parseReference(text: string): Reference {
  const match = referencePattern.exec(text.trim());
  if (!match) throw new Error(`${JSON.stringify(text)} is not file#symbol or file#symbol@hash`);
  const [, file, symbol, hash] = match as unknown as [string, string, string, string | undefined];
  return hash === undefined ? { file, symbol } : { file, symbol, hash };
}

export const formatReference = ({ file, symbol, hash }: Reference): string => `${file}#${symbol}${hash === undefined ? "" : `@${hash}`}`;

/** Four hex digits: enough to notice a change, short enough to stand in a sentence. White space does not count. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text.replaceAll(/\s+/g, " ").trim()).digest("hex").slice(0, 4);
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
const indentOf = (line: string): number => (line.trim() === "" ? Number.POSITIVE_INFINITY : line.length - line.trimStart().length);

function declares(line: string, name: string, member: boolean): boolean {
  const word = escape(name);
  const end = "(?![\\w$])";
  if (member)
    return new RegExp(`^  (?:(?:static|async|override|readonly|get|set|private|public) )*\\*?${word}${end}\\??\\s*[(<:=;!]`).test(line);
  const kinds = "(?:function\\*?|class|abstract class|interface|type|const|let)";
  return new RegExp(`^(?:export )?(?:default )?(?:declare )?(?:async )?${kinds} ${word}${end}`).test(line);
}

/** Index of the last line of the declaration that begins at `first`. */
function lastLine(lines: readonly string[], first: number): number {
  const indent = indentOf(lines[first]!);
  let last = first;
  let open = /[([{=]$|=>$|`[^`]*$/.test(lines[first]!.replace(/\s*\/\/.*$/, ""));
  for (let at = first + 1; at < lines.length; at++) {
    const depth = indentOf(lines[at]!);
    if (depth === Number.POSITIVE_INFINITY) continue;
    if (depth > indent) {
      last = at;
      continue;
    }
    const closer = depth === indent && /^\s*[)\]}>`]/.test(lines[at]!);
    if (!closer) {
      // The first line may open nothing and yet go on, as `const x = y` with a deeper line; anything else ends here.
      return open && last === first ? first : last;
    }
    last = at;
    open = /[([{]$|=>$/.test(lines[at]!.trimEnd());
    if (!open) return last;
  }
  return last;
}

/** The declaration of `symbol` (`name`, or `Class.member`), or undefined. Of overloads and accessors the first that has a body. */
export function findSymbol(source: string, symbol: string): Found | undefined {
  const lines = source.split("\n");
  const [outer = "", member] = symbol.split(".");
  let first = lines.findIndex((line) => declares(line, outer, false));
  if (first < 0) return undefined;
  let last = lastLine(lines, first);
  if (member !== undefined) {
    const at = lines.findIndex((line, index) => index > first && index <= last && declares(line, member, true));
    if (at < 0) return undefined;
    first = at;
    last = lastLine(lines, first);
  }
  const start = lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0);
  const text = lines.slice(first, last + 1).join("\n");
  return { start, end: start + text.length, text, line: first + 1 };
}
