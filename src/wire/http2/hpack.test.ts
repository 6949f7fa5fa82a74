// HPACK against the RFC's own examples (RFC 7541, appendix C), and against what must be refused.
// Invariant: the examples read as the RFC says, in their order, with the table that grows between them.
// Called by: the test runner. Next on the way: hpack.ts.

import { deepStrictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { encodeHeaders, HpackDecoder } from "./hpack.ts";

const limit = 64 * 1024;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const shown = (fields: readonly (readonly [string, string])[]): string => fields.map(([name, value]) => `${name}: ${value}`).join(" | ");

const examples: readonly (readonly [name: string, blocks: readonly (readonly [block: string, fields: string])[]])[] = [
  [
    "C.3, requests without Huffman",
    [
      ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", ":method: GET | :scheme: http | :path: / | :authority: www.example.com"],
      [
        "8286 84be 5808 6e6f 2d63 6163 6865",
        ":method: GET | :scheme: http | :path: / | :authority: www.example.com | cache-control: no-cache",
      ],
      [
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ":method: GET | :scheme: https | :path: /index.html | :authority: www.example.com | custom-key: custom-value",
      ],
    ],
  ],
  [
    "C.4, requests with Huffman",
    [
      ["8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", ":method: GET | :scheme: http | :path: / | :authority: www.example.com"],
      ["8286 84be 5886 a8eb 1064 9cbf", ":method: GET | :scheme: http | :path: / | :authority: www.example.com | cache-control: no-cache"],
      [
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ":method: GET | :scheme: https | :path: /index.html | :authority: www.example.com | custom-key: custom-value",
      ],
    ],
  ],
];

for (const [name, blocks] of examples)
  test(`reads ${name}`, () => {
    const decoder = new HpackDecoder();
    for (const [block, fields] of blocks) deepStrictEqual(shown(decoder.decode(hex(block), limit)), fields);
  });

const refused: readonly (readonly [name: string, block: string, reason: RegExp])[] = [
  ["an index of nothing", "80", /index 0/],
  ["an index beyond the table", "ff 20", /no header field has index/],
  ["a string that ends early", "40 0a 63", /ends early/],
  ["an integer without an end", "ff ff ff ff ff ff", /too large/],
  ["a table larger than told", "3f ff 1f", /cannot have this size/],
  ["EOS in a Huffman string", "00 01 61 84 ff ff ff ff", /EOS/],
  ["a Huffman string with a byte of padding", "00 01 61 82 1f ff", /padding/],
];

for (const [name, block, reason] of refused)
  test(`refuses ${name}`, () => {
    throws(() => new HpackDecoder().decode(hex(block), limit), reason);
  });

test("refuses a list that unpacks to too much", () => {
  const decoder = new HpackDecoder();
  decoder.decode(encodeHeaders([]), limit);
  throws(() => decoder.decode(Buffer.concat([encodeHeaders([["a", "x".repeat(500)]]), Buffer.from([0x82])]), 520), /too large/);
});

test("reads what it writes", () => {
  const fields = [
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", "5"],
    ["grpc-message", "etcdserver: requested lease not found"],
    ["age", ""],
    ["long", "y".repeat(400)],
  ] as const;
  deepStrictEqual(new HpackDecoder().decode(encodeHeaders(fields), limit), fields);
});
