// The committed tables are what the generator makes of the release's facts.
// Invariant: runs where the facts are at hand; elsewhere it says that it did not.
// Called by: npm test. Next on the way: generate.ts.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "../..");
const shared = join(root, "../shared");
const missing = existsSync(join(shared, "kubernetes-api"))
  ? false
  : "no ../shared/kubernetes-api here: the committed tables were not compared";

test("the generator makes the committed bytes again", { skip: missing }, () => {
  for (const [path, text] of generate(shared)) {
    assert.ok(readFileSync(join(root, path), "utf8") === text, `${path} is not what the generator makes: run tools/facts/generate.ts`);
  }
});
