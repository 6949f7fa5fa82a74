// The spine: the short list of files that explain the whole.
// Invariant: it stays short, each file of it is part of the cluster in memory, and its features alone make a cluster.
// Called by: npm test. Next on the way: docs/tour/spine.txt; spine/cluster.ts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const spine = read("docs/tour/spine.txt")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const start = "src/compose/memory-cluster.ts";

/** Everything that `start` loads, type-only imports included: contracts are read too. */
function closure(): ReadonlySet<string> {
  const doors = (JSON.parse(read("package.json")) as { imports: Record<string, string> }).imports;
  const seen = new Set([start]);
  for (const path of seen) {
    for (const [, specifier = ""] of read(path).matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : doors[specifier]?.slice(2);
      if (target?.endsWith(".ts") && existsSync(join(root, target))) seen.add(target);
    }
  }
  return seen;
}

test("the spine has at most 80 files and 6,000 lines, each named once", () => {
  assert.equal(new Set(spine).size, spine.length);
  assert.deepEqual(
    spine.filter((path) => !existsSync(join(root, path))),
    [],
    "named in docs/tour/spine.txt and gone",
  );
  const lines = spine.reduce((sum, path) => sum + read(path).split("\n").length - 1, 0);
  assert.ok(spine.length <= 80, `${spine.length} files`);
  assert.ok(lines <= 6000, `${lines} lines: the spine must stay readable; which file explains least?`);
});

test("every file of the spine is part of the cluster in memory", () => {
  const parts = closure();
  assert.deepEqual(
    spine.filter((path) => !parts.has(path)),
    [],
  );
});

/** In a process of its own: what it loads is cut while it is loaded. */
function clusterOfTheSpine(): Promise<{ code: number | null; output: string }> {
  const flags = ["--disable-proto=delete", "--disable-warning=ExperimentalWarning", "--import", "./tools/spine/reduce.ts"];
  const child = spawn(process.execPath, [...flags, "tools/spine/cluster.ts"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

test("a cluster of the spine's features alone runs a Deployment's pods", async () => {
  const { code, output } = await clusterOfTheSpine();
  assert.equal(code, 0, `docs/tour/spine.txt no longer names what a Deployment needs:\n${output}`);
  assert.deepEqual(output.trim().split("\n").toSorted(), [
    "pods: Running, Running, Running",
    "src/apiserver/admission/index.ts: namespaceLifecycle",
    "src/controllers/index.ts: replicaSet, deployment",
    "src/scheduler/plugins/index.ts: nodeResourcesFit",
  ]);
});
