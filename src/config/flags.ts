// Command lines in upstream's form: one table of flags per component, parsed into one frozen settings object.
// Invariant: a flag that is not in the table is refused by name with the nearest known one; a value of the wrong type is refused with the flag's name.
// Called by: cmd/ for single components and the parts' own processes. Next on the way: components.ts, the tables.

export type FlagType = "string" | "int" | "bool" | "duration" | "list" | "map";

export interface Flag {
  readonly type: FlagType;
  /** As it would be typed; absent means the zero value of the type. */
  readonly default?: string;
  readonly help: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<One extends Flag> = One["type"] extends "int" | "duration"
  ? number
  : One["type"] extends "bool"
    ? boolean
    : One["type"] extends "list"
      ? readonly string[]
      : One["type"] extends "map"
        ? ReadonlyMap<string, string>
        : string;

/** Durations are milliseconds. */
export type Settings<Table extends FlagTable> = { readonly [Name in keyof Table]: FlagValue<Table[Name]> };

export class FlagError extends Error {
  override name = "FlagError";
}

const durationUnitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's form: `1h30m`, `300ms`, `0`. */
export function parseDurationMs(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(count) * durationUnitsMs[unit!]!;
  return ms;
}

function parseMap(text: string): ReadonlyMap<string, string> | undefined {
  const entries = text.split(",").filter((pair) => pair !== "");
  if (!entries.every((pair) => pair.includes("="))) return undefined;
  return new Map(entries.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

function parseValue(type: FlagType, text: string): unknown {
  switch (type) {
    case "string":
      return text;
    case "int":
      return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
    case "bool":
      return ["true", "1", "t", "T", "TRUE", "True"].includes(text)
        ? true
        : ["false", "0", "f", "F", "FALSE", "False"].includes(text)
          ? false
          : undefined;
    case "duration":
      return parseDurationMs(text);
    case "list":
      return text === "" ? [] : text.split(",");
    case "map":
      return parseMap(text);
  }
}

const zero: Readonly<Record<FlagType, string>> = { string: "", int: "0", bool: "false", duration: "0", list: "", map: "" };

/** How many single-character edits lie between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** The known name nearest to a mistyped one, if any is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(name, candidate);
    if (steps < bestDistance) [best, bestDistance] = [candidate, steps];
  }
  return best;
}

function unknownFlag(name: string, table: FlagTable): FlagError {
  const suggestion = nearest(name, Object.keys(table));
  return new FlagError(`unknown flag: --${name}${suggestion === undefined ? "" : ` (did you mean --${suggestion}?)`}`);
}

export function parseFlags<Table extends FlagTable>(table: Table, argv: readonly string[]): Settings<Table> {
  const settings = new Map<string, unknown>();
  for (const [name, flag] of Object.entries(table)) settings.set(name, parseValue(flag.type, flag.default ?? zero[flag.type]));
  const seen = new Set<string>();
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!;
    if (!argument.startsWith("--") || argument === "--") throw new FlagError(`unexpected argument ${JSON.stringify(argument)}`);
    const equals = argument.indexOf("=");
    const name = argument.slice(2, equals === -1 ? undefined : equals);
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!flag) throw unknownFlag(name, table);
    let text = equals === -1 ? undefined : argument.slice(equals + 1);
    if (text === undefined && flag.type === "bool") text = "true";
    if (text === undefined) text = argv[++index];
    if (text === undefined) throw new FlagError(`flag needs an argument: --${name}`);
    const value = parseValue(flag.type, text);
    if (value === undefined) throw new FlagError(`invalid argument ${JSON.stringify(text)} for "--${name}": not a ${flag.type}`);
    // Given twice, a list grows; everything else takes the last word.
    const before = settings.get(name);
    settings.set(name, flag.type === "list" && seen.has(name) ? [...(before as string[]), ...(value as string[])] : value);
    seen.add(name);
  }
  return Object.freeze(Object.fromEntries(settings)) as Settings<Table>;
}

/** The table as `--help` shows it. */
export function flagHelp(table: FlagTable): string {
  const names = Object.keys(table).sort();
  const width = Math.max(...names.map((name) => name.length));
  return names
    .map((name) => {
      const { help, default: given } = table[name]!;
      return `      --${name.padEnd(width)}   ${help}${given === undefined || given === "" ? "" : ` (default ${given})`}`;
    })
    .join("\n");
}
