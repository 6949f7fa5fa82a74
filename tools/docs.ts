// `npm run docs`: fills the excerpts of labs and chapters in from the source. `-- --read PAGE` notes that its author has read it again.
// Invariant: a hash that is there changes only by --read: that is how a changed function calls for a reader.
// Called by: package.json. Next on the way: src/cli/lab/check.ts.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entries, filled, fromTree, readPage } from "#lab";

const root = join(import.meta.dirname, "..");
const read = process.argv[2] === "--read" ? process.argv.slice(3) : [];
const pages = [...entries(root, "labs"), ...entries(root, "docs/tour")];
for (const path of read) if (!pages.some((page) => page.path === path)) throw new Error(`no page ${path}`);
for (const { path } of pages) {
  const text = filled(readPage(root, path), fromTree(root), read.includes(path));
  if (text === readFileSync(join(root, path), "utf8")) continue;
  writeFileSync(join(root, path), text);
  console.log(`filled in ${path}`);
}
