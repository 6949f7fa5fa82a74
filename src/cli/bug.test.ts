// A bug is told by an id, and its stack lies under that id.
// Invariant shown: no stack in what is said; no second failure where nothing can be written.
// Called by: npm test. Next on the way: bug.ts.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { keepBug } from "./bug.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-bug-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("the id leads to the stack", () => {
  const said = keepBug({ DHOW_HOME: home }, new TypeError("x is not a function"), "x is not a function");
  const id = /\(([0-9a-f]{8})\)/.exec(said)?.[1];
  assert.ok(id, said);
  assert.doesNotMatch(said, /\n|bug\.test/);
  const file = join(home, "bugs.log");
  assert.match(readFileSync(file, "utf8"), new RegExp(`${id} TypeError: x is not a function\\n.*bug\\.test`));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("where nothing can be written, that is said", () => {
  const file = join(home, "file");
  writeFileSync(file, "");
  assert.match(keepBug({ DHOW_HOME: file }, "odd", "odd"), /could not be kept/);
});
