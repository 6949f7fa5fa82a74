// Prose names code as `src/file.ts#symbol`; this test keeps such names true.
// Invariant: every file named in a Markdown page exists, and declares the symbol that is named with it.
// Called by: npm test. Next on the way: ARCHITECTURE.md, the page with most of them.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const reference = /`?\b((?:src|tools|e2e|bench|conformance)\/[\w./-]+\.ts)(?:#([A-Za-z_]\w*))?/g;

function problem(path: string, symbol: string | undefined): string | undefined {
  if (!existsSync(join(root, path))) return `${path} does not exist`;
  if (symbol === undefined) return undefined;
  const declared = new RegExp(
    `\\b(?:function\\*?|class|const|interface|type|async)\\s+${symbol}\\b|^\\s+(?:async |readonly |#|get |static )*#?${symbol}\\b`,
    "m",
  );
  return declared.test(readFileSync(join(root, path), "utf8")) ? undefined : `${path} does not declare ${symbol}`;
}

test("every file#symbol in a page exists", () => {
  const pages = globSync(["*.md", "docs/**/*.md", "src/**/*.md", "conformance/**/*.md", "bench/*.md"], { cwd: root });
  const problems = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(reference)].flatMap(([, path, symbol]) => {
      const found = problem(path!, symbol);
      return found ? [`${page}: ${found}`] : [];
    });
  });
  assert.deepEqual(problems, []);
});

test("a name that does not exist is found", () => {
  assert.equal(problem("src/lib/own.ts", "own"), undefined);
  assert.equal(problem("src/lib/own.ts", "owned"), "src/lib/own.ts does not declare owned");
  assert.equal(problem("src/lib/nowhere.ts", undefined), "src/lib/nowhere.ts does not exist");
});
