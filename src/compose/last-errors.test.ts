// The last errors of a cluster's logs, from files as parts leave them.
// Invariant shown: newest last over all parts, bounded, half lines and lower levels left out.
// Called by: npm test. Next on the way: last-errors.ts.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lastErrors, lastLines } from "./last-errors.ts";
import { statePaths } from "./state/paths.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-errors-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("errors of all parts in order of time", () => {
  const paths = statePaths(home, "x");
  assert.deepEqual(lastErrors(paths), []);
  mkdirSync(paths.logs, { recursive: true });
  const line = (time: string, level: string, message: string, more: object = {}): string =>
    `${JSON.stringify({ time, level, message, component: "c", ...more })}\n`;
  writeFileSync(
    join(paths.logs, "a.log"),
    `${line("1", "info", "fine")}${line("3", "error", "third", { error: { message: "why\nstack" } })}{"time":"9`,
  );
  writeFileSync(join(paths.logs, "b.log"), `not json\n${line("2", "error", "second", { error: "because" })}${line("4", "warn", "no")}`);
  assert.deepEqual(lastErrors(paths), ["2 c: second: because", "3 c: third: why"]);
  assert.deepEqual(lastErrors(paths, 1), ["3 c: third: why"]);
});

test("the end of one log: no stacks, repeats counted, foreign lines as they are", () => {
  const paths = statePaths(home, "y");
  assert.deepEqual(lastLines(paths, "p"), []);
  mkdirSync(paths.logs, { recursive: true });
  const failed = (time: string): string =>
    JSON.stringify({ time, level: "error", message: "part failed", component: "p", error: { message: "no\nstack", stack: "x" } });
  writeFileSync(join(paths.logs, "p.log"), ["level=info of another program", failed("1"), failed("2"), ""].join("\n"));
  assert.deepEqual(lastLines(paths, "p"), ["level=info of another program", "2 error p: part failed: no (2 times)"]);
});
