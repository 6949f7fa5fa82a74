// What this person has done: ticks in a small file of the home folder, and the copies in `my/` they write.
// Invariant: a tick means that every check was green on this machine; the main tree is never written.
// Called by: lab.ts, tour.ts. Next on the way: overlay.ts, which empties a function and puts the learner's in.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CliError } from "../io.ts";
import type { Page } from "./format.ts";
import { emptied, isEmptied } from "./overlay.ts";
import { findSymbol } from "./symbols.ts";

export type Tick = "played" | "written";

export class Progress {
  readonly #file: string;

  constructor(home: string) {
    this.#file = join(home, "labs.json");
  }

  all(): Readonly<Record<string, readonly Tick[]>> {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, Tick[]>;
    } catch {
      return {};
    }
  }

  tick(path: string, what: Tick): void {
    const ticks = this.all();
    const mine = ticks[path] ?? [];
    if (mine.includes(what)) return;
    mkdirSync(join(this.#file, ".."), { recursive: true, mode: 0o700 });
    writeFileSync(this.#file, `${JSON.stringify({ ...ticks, [path]: [...mine, what] }, null, 2)}\n`);
  }
}

/** Where the learner's version of a page's function lies: `my/01-three-workers/plan.ts`. */
export function myFile(root: string, page: Page): string | undefined {
  if (!page.write) return undefined;
  return join(root, "my", page.path.split("/").at(-2)!, basename(page.write.reference.file));
}

/** The line for DHOW_MY, when the learner has written something. */
export function written(root: string, page: Page): readonly string[] {
  const file = myFile(root, page);
  if (file === undefined || !existsSync(file) || !page.write) return [];
  const { reference } = page.write;
  if (isEmptied(readFileSync(file, "utf8"), reference.symbol)) return [];
  return [`${reference.file}#${reference.symbol} ${file}`];
}

/** Puts the emptied copy into `my/`; an existing one stays as it is. */
export function startWriting(root: string, page: Page): { readonly file: string; readonly fresh: boolean; readonly line: number } {
  const file = myFile(root, page);
  if (file === undefined || !page.write) throw new CliError(`${page.path} has nothing to write; \`dhow lab\` marks those that have with ✎`);
  const fresh = !existsSync(file);
  if (fresh) {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, emptied(readFileSync(join(root, page.write.reference.file), "utf8"), page.write.reference.symbol));
  }
  return { file, fresh, line: findSymbol(readFileSync(file, "utf8"), page.write.reference.symbol)?.line ?? 1 };
}

/** Our own version of the function. */
export function solution(root: string, page: Page): string {
  if (!page.write) throw new CliError(`${page.path} has nothing to solve`);
  const { file, symbol } = page.write.reference;
  return findSymbol(readFileSync(join(root, file), "utf8"), symbol)?.text ?? "";
}
