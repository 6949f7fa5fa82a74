// Header blocks that are remembered, against a decoder that remembers nothing but its table.
// Invariant: whatever comes in whatever order, the headers are those of the block under the table as it is then.
// Called by: the test runner. Next on the way: headerblocks.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HeaderBlocks } from "./headerblocks.ts";
import { type HeaderField, HpackDecoder } from "./hpack.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
/** Static fields, literals that enter the table, literals that do not, the table's newest two, a table of another size. */
const pieces = ["82", "86", "400161 0162", "400163 0164", "000161 0163", "0f2f0178", "be", "bf", "3fe11f", "20"].map(hex);
const maxBytes = 4096;

test("blocks that come again read as they would have without memory", () => {
  const block = fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((parts) => Buffer.concat(parts));
  const property = fc.property(fc.array(fc.oneof(block, fc.constant(hex("82be"))), { maxLength: 40 }), (blocks) => {
    const [remembering, plain] = [new HeaderBlocks(maxBytes), new HpackDecoder()];
    for (const one of blocks) {
      let want: Map<string, HeaderField[]>;
      try {
        want = Map.groupBy(plain.decode(one, maxBytes), ([name]) => name);
      } catch (error) {
        // What cannot be read ends the connection.
        let refused = false;
        try {
          remembering.read(one);
        } catch {
          refused = true;
        }
        strictEqual(refused, true, String(error));
        return;
      }
      const fields = [...want].map(([name, list]) => [name, list.length === 1 ? list[0]![1] : list.map(([, value]) => value)]);
      deepStrictEqual({ ...remembering.read(one) }, Object.fromEntries(fields));
    }
  });
  fc.assert(property, { numRuns: 500, seed: 42 });
});

test("equal blocks share their headers until the table changes", () => {
  const blocks = new HeaderBlocks(maxBytes);
  const first = blocks.read(hex("400161 0162"));
  const again = blocks.read(hex("be"));
  deepStrictEqual({ ...again }, { ...first });
  strictEqual(blocks.read(hex("be")), again);
  blocks.read(hex("400163 0164"));
  deepStrictEqual({ ...blocks.read(hex("be")) }, { c: "d" });
});
