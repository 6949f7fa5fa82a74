// The committed bundle of the runtime is the one its sources make.
// Invariant shown: nobody runs yesterday's runtime.
// Called by: npm test. Next on the way: bundle.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bundle } from "./bundle.ts";

test("the bundle of the runtime is current: npm run bundle", () => {
  for (const [path, text] of bundle())
    assert.ok(
      readFileSync(join(import.meta.dirname, "..", path), "utf8") === text,
      `${path}: the sources have changed since: npm run bundle`,
    );
});
