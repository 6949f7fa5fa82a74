// Writes every generated table and type of the project from the release's fact tables.
// Invariant: the same input gives the same bytes; what it writes stands alone afterwards.
// Called by: people, when the release changes: `sh bin/node tools/facts/generate.ts ../shared`. Checked by: generate.test.ts.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FactType, mergeFacts } from "./merge.ts";
import { emitResources } from "./resources.ts";
import { readTables } from "./tables.ts";
import { emitTypes } from "./types.ts";

/** One type a line: a change of release reads well in a diff. */
function emitFacts(types: Readonly<Record<string, FactType>>): string {
  return `{\n${Object.entries(types)
    .map(([name, fact]) => `${JSON.stringify(name)}:${JSON.stringify(fact)}`)
    .join(",\n")}\n}\n`;
}

export function generate(shared: string): Map<string, string> {
  const tables = readTables(shared);
  const types = mergeFacts(tables);
  return new Map([
    ["src/api/machinery/types.gen.ts", emitTypes(types)],
    ["src/api/machinery/facts.gen.json", emitFacts(types)],
    ["src/api/machinery/resources.gen.json", emitResources(tables)],
  ]);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "../..");
  const shared = process.argv[2] ?? join(root, "../shared");
  for (const [path, text] of generate(shared)) {
    writeFileSync(join(root, path), text);
    console.log(`${path}: ${text.length} characters`);
  }
}
