// Loaded before anything else (`--import`) into processes of a broken or a learner's world: changes modules while they load.
// Invariant: does nothing unless the environment asks; a mutant that does not fit ends the process at once, in words.
// Called by: Node, by NODE_OPTIONS that world.ts sets. Next on the way: mutant.ts, overlay.ts.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { applyMutant, type Mutant, parseMutant } from "./mutant.ts";
import { overlay } from "./overlay.ts";
import { parseReference } from "./symbols.ts";

const root = resolve(import.meta.dirname, "../../..");
const mutants = new Map<string, Mutant[]>();
for (const text of (process.env["DHOW_MUTANTS"] ?? "").split("\n\n")) {
  if (text.trim() === "") continue;
  const mutant = parseMutant(text);
  const url = pathToFileURL(join(root, mutant.file)).href;
  mutants.set(url, [...(mutants.get(url) ?? []), mutant]);
}
/** `src/x.ts#name` → the learner's file that exports `name`. */
const written = new Map<string, { symbol: string; file: string }>();
for (const line of (process.env["DHOW_MY"] ?? "").split("\n")) {
  const [reference = "", file = ""] = line.split(" ");
  if (reference === "") continue;
  const { file: source, symbol } = parseReference(reference);
  written.set(pathToFileURL(join(root, source)).href, { symbol, file: resolve(root, file) });
}

if (mutants.size + written.size > 0) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = mutants.get(url);
      const mine = written.get(url);
      if ((!changes && !mine) || loaded.source === undefined || loaded.source === null) return loaded;
      let source = typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString("utf8");
      try {
        if (mine) source = overlay(source, mine.symbol, readFileSync(mine.file, "utf8"));
        for (const mutant of changes ?? []) source = applyMutant(source, mutant);
      } catch (error) {
        process.stderr.write(`dhow: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(70);
      }
      return { ...loaded, source };
    },
  });
}
