// The codec against protobufjs as a second opinion, and against bytes that are no message.
// Invariant: what one writes the other reads, both ways, over every kind of field.
// Called by: the test runner. Next on the way: codec.ts.

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import { decode, encode, type Sparse } from "./codec.ts";
import { type Messages, rows } from "./messages.gen.ts";

const types: Readonly<Record<string, string>> = {
  b: "bool",
  e: "int32",
  i: "int64",
  u: "uint64",
  I: "int64",
  U: "uint64",
  s: "string",
  y: "bytes",
  k: "bytes",
};

/** The same rows, as protobufjs' descriptors. */
function otherCodec(): protobuf.Root {
  const nested = Object.entries(rows).map(([name, row]) => {
    const fields = row.split(" ").flatMap((text) => {
      const [id, field, kind] = text.split(":");
      if (kind === undefined) return [];
      const type = kind[0] === "m" ? kind.slice(1).replace(/[*?]$/, "") : types[kind[0]!];
      return [[field, { id: Number(id), type, ...(kind.endsWith("*") ? { rule: "repeated" } : {}) }] as const];
    });
    return [name, { fields: Object.fromEntries(fields) }] as const;
  });
  return protobuf.Root.fromJSON({ nested: Object.fromEntries(nested) } as protobuf.INamespace);
}

const big = 0x7fff_ffff_ffff_fff1n;
const samples: { readonly [Name in keyof Messages]?: readonly Sparse<Messages[Name]>[] } = {
  PutRequest: [{}, { key: "a\xff\0", value: Buffer.from("v"), lease: big, prev_kv: true }, { key: "k", lease: -3n }],
  ResponseHeader: [{ cluster_id: 0xffff_ffff_ffff_ffffn, member_id: 1n, revision: 2 ** 52, raft_term: 300 }, { revision: -1 }],
  RangeRequest: [
    { key: "x", range_end: "\0", limit: 127, revision: 128, sort_order: 2, sort_target: 4, count_only: true, max_mod_revision: 2 ** 31 },
  ],
  WatchResponse: [
    {
      watch_id: -1n,
      cancel_reason: "grüße",
      events: [
        { type: 1, kv: { key: "a", mod_revision: 7 } },
        { kv: { key: "b", value: Buffer.alloc(300, 1) }, prev_kv: { key: "b" } },
      ],
    },
  ],
  TxnRequest: [
    {
      compare: [
        { result: 3, target: 1, key: "a", create_revision: 9 },
        { target: 3, key: "b", value: Buffer.from([0]), range_end: "c" },
      ],
      success: [{ request_put: { key: "a" } }, { request_txn: { failure: [{ request_delete_range: { key: "z" } }] } }],
    },
  ],
  MemberListResponse: [{ members: [{ ID: 0x8e9e_05c5_2164_694dn, name: "m", peerURLs: ["http://a", "http://b"], isLearner: true }] }],
};

/** Through JSON-like data: 64 bits as bigint, bytes as latin1 text. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("latin1")
    : typeof value === "number" || typeof value === "bigint"
      ? String(value)
      : Array.isArray(value)
        ? value.map(plain)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
          : value;

const root = otherCodec();
for (const [name, list] of Object.entries(samples) as [keyof Messages, readonly Sparse<object>[]][])
  for (const [index, sample] of list.entries())
    test(`${name} ${index + 1} reads the same in both`, () => {
      const type = root.lookupType(name);
      const options = { longs: BigInt, defaults: false } as unknown as protobuf.IConversionOptions;
      const theirs = type.toObject(type.decode(encode(name, sample as never)), options);
      deepStrictEqual(plain(theirs), plain(sample));
      const back = decode(name, type.encode(type.decode(encode(name, sample as never))).finish());
      deepStrictEqual(plain(back), plain(decode(name, encode(name, sample as never))));
    });

test("one of several is there or not, a default is not", () => {
  const compare = decode("Compare", encode("Compare", { key: "a", version: 0 }));
  strictEqual(compare.version, 0);
  strictEqual(compare.mod_revision, undefined);
  strictEqual(decode("Compare", Buffer.alloc(0)).version, undefined);
});

const refused: readonly (readonly [name: string, bytes: string])[] = [
  ["a field that ends early", "0a05616263"],
  ["a varint without an end", "20ffffffffffffffffffff01"],
  ["a group", "0b"],
  ["a field number 0", "0001"],
  ["a number where a key should be", "0801"],
];
for (const [name, bytes] of refused)
  test(`refuses ${name}`, () => throws(() => decode("PutRequest", Buffer.from(bytes, "hex")), RangeError));

test("every cut of a message is refused or shorter, never wrong", () => {
  const whole = encode("PutRequest", { key: "abc", value: Buffer.from("value"), lease: big });
  for (let length = 0; length < whole.length; length++) {
    try {
      const part = decode("PutRequest", whole.subarray(0, length));
      strictEqual(part.lease, 0n);
    } catch (error) {
      strictEqual(error instanceof RangeError, true);
    }
  }
});
