// The house rules are a test: layer edges, doors, file headers, file length, the README's tree.
// Invariant: fails on every planted mistake below, and on the real tree only when a rule is broken there.
// Called by: npm test. Next on the way: tidy/rules.ts.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allowedEdges } from "./tidy/layers.ts";
import { type SourceFile, tidy, treeProblems } from "./tidy/rules.ts";

const root = join(import.meta.dirname, "..");
const notOurs = new Set(["node_modules", ".git", ".cache", "my", "dist"]);

/** Without git: a fresh machine may have none. */
function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : sourceFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

const header = "// What it is.\n// Invariant: none.\n// Called by: nobody.\n";

const planted: { name: string; file: SourceFile; problem: RegExp }[] = [
  {
    name: "a controller that imports the store",
    file: { path: "src/controllers/job.ts", text: `${header}import { openStore } from "#store";\n` },
    problem: /controllers may not import store/,
  },
  {
    name: "a kubelet that imports the API server lazily",
    file: { path: "src/kubelet/sync.ts", text: `${header}const x = await import("#apiserver");\n` },
    problem: /kubelet may not import apiserver/,
  },
  {
    name: "a relative detour around a door",
    file: { path: "src/scheduler/cycle.ts", text: `${header}import { x } from "../client/informer.ts";\n` },
    problem: /leaves its layer by "..\/client\/informer.ts"; use the door "#client"/,
  },
  { name: "a file without a header", file: { path: "src/lib/x.ts", text: "export const x = 1;\n" }, problem: /opens with 0 comment lines/ },
  { name: "a file of 401 lines", file: { path: "src/lib/y.ts", text: header + "\n".repeat(398) }, problem: /401 lines; the limit is 400/ },
  {
    name: "a layer nobody declared",
    file: { path: "src/misc/z.ts", text: `${header}import { y } from "#api";\n` },
    problem: /unknown layer "misc"/,
  },
];

for (const { name, file, problem } of planted) {
  test(`tidy refuses ${name}`, () => {
    assert.match(tidy([file]).join("\n"), problem);
  });
}

test("tidy accepts a well-formed file of 400 lines", () => {
  assert.deepEqual(tidy([{ path: "src/lib/y.ts", text: header + "\n".repeat(397) }]), []);
});

test("the tree is tidy", () => {
  const files = sourceFiles(".")
    .filter((path) => /\.(ts|md|sh)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  assert.deepEqual(tidy(files), []);
});

test("every layer has a README, a door or a launcher, and a place in the README's tree", () => {
  const layers = readdirSync(join(root, "src"), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const problems = layers.flatMap((layer) => [
    ...(existsSync(join(root, "src", layer, "README.md")) ? [] : [`src/${layer}/README.md is missing`]),
    ...(Object.hasOwn(allowedEdges, layer) ? [] : [`src/${layer} is not in tools/tidy/layers.ts`]),
  ]);
  const readme = readFileSync(join(root, "README.md"), "utf8");
  assert.deepEqual([...problems, ...treeProblems(readme, layers)], []);
});

test("the README's tree is compared both ways", () => {
  assert.deepEqual(treeProblems("  src/\n    api/ x\n    gone/ y\n", ["api", "lib"]), [
    "README.md: the tree does not show src/lib/",
    "README.md: the tree shows src/gone/, which does not exist",
  ]);
});
