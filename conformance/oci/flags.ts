// The flags of this folder's commands, read by node:util: a flag nobody knows, or one without its value, is one line and exit status 2.
// Invariant: nothing has happened yet when something is refused; `--help` says what there is.
// Called by: run.ts, report.ts, vm.ts, many.ts, mutants.ts. Next on the way: play.ts, for the runtimes they name.

import { basename } from "node:path";
import { parseArgs } from "node:util";
import { findRuntime, type Runtime } from "./play.ts";

export interface Flag {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  readonly default?: string | string[] | boolean;
  /** What stands behind it, for one that takes a value. */
  readonly value?: string;
  readonly says: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;
type Values<T extends FlagTable> = ReturnType<typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>>["values"];

export interface Command<T extends FlagTable> {
  readonly name: string;
  readonly flags: T;
  /** What words are, where it takes some. */
  readonly words?: string;
}

export class UsageError extends Error {}

const written = (name: string, { value }: Flag): string => (value === undefined ? `--${name}` : `--${name} ${value}`);

function allowed(flags: FlagTable): string {
  return Object.entries({ ...flags, help })
    .map(([name, flag]) => written(name, flag))
    .join(", ");
}

const help: Flag = { type: "boolean", says: "this" };

export function usage({ name, flags, words }: Command<FlagTable>): string {
  const lines = Object.entries({ ...flags, help }).map(([flag, entry]) => {
    const usual = typeof entry.default === "string" || Array.isArray(entry.default) ? ` (${String(entry.default)})` : "";
    return `  ${written(flag, entry).padEnd(22)}${entry.says}${usual}`;
  });
  return [`sh bin/node conformance/oci/${name} [flags]${words === undefined ? "" : ` [${words}]`}`, ...lines].join("\n");
}

/** Throws a UsageError whose message is the one line. */
export function readFlags<const T extends FlagTable>(command: Command<T>, args: readonly string[]): { values: Values<T>; words: string[] } {
  const { name, flags } = command;
  const options = { ...flags, help } as unknown as T;
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional" && command.words === undefined)
      throw new UsageError(`${name}: takes no words, and was given: ${token.value}; its flags: ${allowed(flags)}`);
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (flag === undefined) throw new UsageError(`${name}: unknown flag ${token.rawName}; its flags: ${allowed(flags)}`);
    const { value } = token;
    if (flag.type === "boolean" && value !== undefined)
      throw new UsageError(`${name}: ${token.rawName} takes no value, and was given: ${value}`);
    // What begins with a dash is the next flag, unless it is written behind an equals sign.
    if (flag.type === "string" && (!value || (value.startsWith("-") && token.inlineValue === false)))
      throw new UsageError(`${name}: ${token.rawName} is to be followed by its value: ${written(token.name, flag)}`);
  }
  return { values: values as Values<T>, words: positionals };
}

/** A whole number behind a flag. */
export function count(flag: string, text: string, least = 1): number {
  const number = Number(text);
  if (!/^\d+$/u.test(text) || number < least || !Number.isSafeInteger(number))
    throw new UsageError(`--${flag} is to be followed by a whole number, ${least} or more, and not by: ${text}`);
  return number;
}

/** Which of how many parts: `2/3`. */
export function part(text: string): { readonly index: number; readonly of: number } {
  const [, index = "", of = ""] = /^(\d+)\/(\d+)$/u.exec(text) ?? [];
  if (!(Number(index) >= 1 && Number(index) <= Number(of)))
    throw new UsageError(`--part is to be followed by I/N, as 2/3, and not by: ${text}`);
  return { index: Number(index), of: Number(of) };
}

export function runtimesOf(names: readonly string[]): readonly Runtime[] {
  return names.map((name) => {
    try {
      return findRuntime(name);
    } catch (error) {
      throw new UsageError(`--runtime: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** What a command makes of its flags and words, or the end of the process. */
export function settings<const T extends FlagTable, S>(command: Command<T>, use: (values: Values<T>, words: string[]) => S): S {
  try {
    const { values, words } = readFlags(command, process.argv.slice(2));
    if (!("help" in values)) return use(values, words);
    console.log(usage(command));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message.startsWith(command.name) ? error.message : `${basename(command.name)}: ${error.message}`);
    process.exit(2);
  }
}
