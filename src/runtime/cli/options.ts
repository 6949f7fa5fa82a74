// The command line, by table: which options each command takes and which of them have a value.
// Invariant: an option nobody knows is refused; `--name=value`, `--name value`, `-n value` and `--` mean what they do everywhere.
// Called by: cli/index.ts. Next on the way: cli/commands.ts.

import { RuntimeError } from "../errors.ts";

export interface OptionTable {
  /** Option → "value" for text, "list" for text that may come again, "flag" without any. */
  readonly [name: string]: "value" | "list" | "flag";
}

export interface Parsed {
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly flag: (name: string) => boolean;
  readonly rest: readonly string[];
}

/** The first word that is no option ends them, if `stop`: what follows is another command's. */
export function parseOptions(words: readonly string[], table: OptionTable, short: Readonly<Record<string, string>>, stop: boolean): Parsed {
  const found = new Map<string, string[]>();
  let at = 0;
  const rest: string[] = [];
  while (at < words.length) {
    const word = words[at++]!;
    if (word === "--") {
      rest.push(...words.slice(at));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      if (!stop) continue;
      rest.push(...words.slice(at));
      break;
    }
    const equals = word.indexOf("=");
    const bare = (equals < 0 ? word : word.slice(0, equals)).replace(/^--?/u, "");
    const name = Object.hasOwn(short, bare) ? short[bare]! : bare;
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) throw new RuntimeError(`flag provided but not defined: -${bare}`);
    const value = equals >= 0 ? word.slice(equals + 1) : kind === "flag" ? "true" : words[at++];
    if (value === undefined) throw new RuntimeError(`flag needs an argument: -${bare}`);
    found.set(name, [...(kind === "list" ? (found.get(name) ?? []) : []), value]);
  }
  return {
    text: (name) => found.get(name)?.at(-1),
    texts: (name) => found.get(name) ?? [],
    flag: (name) => found.get(name)?.at(-1) === "true",
    rest,
  };
}
