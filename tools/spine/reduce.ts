// Loaded before anything else into the cluster of spine/cluster.ts: cuts out of every list of features what the spine does not name.
// Invariant: nothing but entries of these lists is cut, in memory only; a list that no longer has its form ends the process, in words.
// Called by: Node, by `--import` in docs-spine.test.ts. Next on the way: cluster.ts, which lives with what is left.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const spine = new Set(readFileSync(join(root, "docs/tour/spine.txt"), "utf8").split("\n"));

/** Where one feature is one file and one word in a list. What kinds look like is a table, not a feature. */
const lists = ["src/controllers/index.ts", "src/scheduler/plugins/index.ts", "src/apiserver/admission/index.ts"];
const byUrl = new Map(lists.map((path) => [pathToFileURL(join(root, path)).href, path]));

/** An entry: `  name,`, or `  name(parts),`, whose name was imported from a file beside the list. */
const entry = /^ {2,4}(\w+)(?:\([\w, ]*\))?,$/;

function reduced(path: string, source: string): string {
  const files = new Map<string, string>();
  for (const [, names = "", from = ""] of source.matchAll(/^import \{ ([^}]+) \} from "(\.[^"]+)";$/gm))
    for (const name of names.split(", ")) files.set(name, posix.join(posix.dirname(path), from));
  const kept: string[] = [];
  let cut = 0;
  const lines = source.split("\n").filter((line) => {
    const name = entry.exec(line)?.[1];
    const file = name === undefined ? undefined : files.get(name);
    if (name === undefined || file === undefined) return true;
    if (spine.has(file)) kept.push(name);
    else cut += 1;
    return spine.has(file);
  });
  if (cut === 0) {
    process.stderr.write(`nothing to cut in ${path}: does the list of features still have one entry a line?\n`);
    process.exit(70);
  }
  process.stdout.write(`${path}: ${kept.join(", ")}\n`);
  return lines.join("\n");
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const path = byUrl.get(url);
    if (path === undefined || loaded.source === undefined || loaded.source === null) return loaded;
    const source = typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString("utf8");
    return { ...loaded, source: reduced(path, source) };
  },
});
