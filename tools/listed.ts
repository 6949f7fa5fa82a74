// Mutants that stand in a layer's own list, each with the test that must turn red; those of labs and chapters stand in their pages.
// Invariant: a name, a catcher, a mutant on one line; a line that is something else fails the run.
// Called by: mutants.ts, planted.test.ts. Next on the way: src/store/mutants.txt.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Listed {
  readonly name: string;
  readonly caughtBy: string;
  readonly mutant: string;
}

export function readListed(root: string): readonly Listed[] {
  return globSync("src/*/mutants.txt", { cwd: root })
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => {
          const [, name, caughtBy, mutant] = /^(\S+) (\S+\.test\.ts) (.*)$/.exec(line) ?? [];
          if (!name || !caughtBy || !mutant) throw new Error(`${path}: ${JSON.stringify(line)} is no name, test and mutant`);
          return { name, caughtBy, mutant };
        }),
    );
}
