// `dhow tour`: the list of chapters; `dhow tour N`: one, step by step, its commands run and its excerpts shown.
// Invariant: what is shown of the source is what the source says now, and its commands run in a world of their own.
// Called by: program.ts. Next on the way: lab/run-page.ts.

import { dhowHome } from "#compose";
import { exitCodes, type Io } from "./io.ts";
import { entries, findEntry, readPage, sourceRoot } from "./lab/library.ts";
import { Progress } from "./lab/progress.ts";
import { runPage } from "./lab/run-page.ts";

export async function tour(io: Io, ...given: unknown[]): Promise<number> {
  const [, number] = given as [unknown, string | undefined];
  const root = sourceRoot;
  const progress = new Progress(dhowHome(io.env));
  if (number === undefined) {
    const ticks = progress.all();
    for (const { path } of entries(root, "docs/tour")) {
      const page = readPage(root, path);
      io.out(`${ticks[path] ? "✔" : " "} ${page.title}`);
    }
    io.out("");
    io.out("  dhow tour 1   opens a chapter: Enter = next, e = editor at the line, q = leave");
    return exitCodes.done;
  }
  const page = readPage(root, findEntry(root, "docs/tour", number).path);
  const code = await runPage(io, { root, page, my: [], breaks: [], interactive: true, again: ["tour", number] });
  if (code === exitCodes.done && io.env["DHOW_LAB_INSIDE"] === undefined) progress.tick(page.path, "played");
  return code;
}
