// The committed bundle of the runtime is the one its sources make.
// Invariant shown: nobody runs yesterday's runtime.
// Called by: npm test. Next on the way: bundle.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bundle, bundlePath } from "./bundle.ts";

test("the bundle of the runtime is current: npm run bundle", () => {
  assert.ok(
    readFileSync(join(import.meta.dirname, "..", bundlePath), "utf8") === bundle(),
    "the sources have changed since: npm run bundle",
  );
});
