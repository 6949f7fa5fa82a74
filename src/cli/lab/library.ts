// All labs and chapters of the source tree, by number.
// Invariant: the number is the file name's; nothing else orders them.
// Called by: lab.ts, tour.ts, check.ts. Next on the way: format.ts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError, exitCodes } from "../io.ts";
import { type Page, parsePage } from "./format.ts";

/** The source tree this file belongs to. */
export const sourceRoot = resolve(import.meta.dirname, "../../..");

export type Shelf = "labs" | "docs/tour";

export interface Entry {
  readonly number: number;
  readonly name: string;
  /** From the root, `/` between names. */
  readonly path: string;
}

export function entries(root: string, shelf: Shelf): readonly Entry[] {
  const folder = join(root, shelf);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const match = /^(\d\d)-([\w-]+?)(\.md)?$/.exec(name);
      if (!match) return [];
      const path = shelf === "labs" ? `${shelf}/${name}/lab.md` : `${shelf}/${name}`;
      return existsSync(join(root, path)) ? [{ number: Number(match[1]), name: match[2]!, path }] : [];
    })
    .toSorted((a, b) => a.number - b.number);
}

export const readPage = (root: string, path: string): Page => parsePage(path, readFileSync(join(root, path), "utf8"));

/** By number (`7`, `07`) or name. */
export function findEntry(root: string, shelf: Shelf, wanted: string): Entry {
  const all = entries(root, shelf);
  const found = all.find(({ number, name }) => String(number) === String(Number(wanted)) || name === wanted || name.startsWith(wanted));
  const kind = shelf === "labs" ? "lab" : "chapter";
  if (!found && all.length === 0) throw new CliError(`no ${kind}s here: they come with the source tree, not with the installed package`);
  if (!found)
    throw new CliError(`no ${kind} ${JSON.stringify(wanted)}; there are ${all.map(({ number }) => number).join(", ")}`, exitCodes.wrongUse);
  return found;
}
