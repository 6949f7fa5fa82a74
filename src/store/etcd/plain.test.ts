// The requests that are read without the table, against the table; the heads and answers that are written without it, too.
// Invariant: what is read past the table is what the table gives; what is a little different is left to it.
// Called by: the test runner. Next on the way: plain.ts, header.ts, plainanswer.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeByTable, encode } from "./codec.ts";
import { HeaderBytes } from "./header.ts";
import type { Messages } from "./messages.gen.ts";
import { revision } from "../revision.ts";
import { kvOf } from "./kv.ts";
import { plainPut, plainRange } from "./plain.ts";
import { plainPutAnswer, plainRangeAnswer } from "./plainanswer.ts";

const text = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const sizes = fc.oneof(fc.nat(200), fc.constantFrom(127, 128, 16_383, 16_384), fc.nat(40_000));
const same = (put: Messages["PutRequest"]): object => ({ ...put, value: Buffer.from(put.value).toString("hex") });

test("a request that is read without the table is what the table gives", () => {
  const property = fc.property(text, sizes, fc.constantFrom(0n, 1n, -1n), text, fc.nat(300), (key, size, lease, range_end, limit) => {
    const put = encode("PutRequest", { key, value: Buffer.alloc(size, key.length), lease });
    const range = encode("RangeRequest", { key, range_end, limit });
    // Also twice the same field, of which the last counts, and what ends in the middle.
    const all = [put, range, Buffer.concat([put, put]), Buffer.concat([range, put]), put.subarray(0, put.length - limit)];
    for (const bytes of all) {
      const onePut = plainPut(bytes);
      if (onePut) deepStrictEqual(same(onePut), same(decodeByTable("PutRequest", bytes)));
      const oneRange = plainRange(bytes);
      if (oneRange) deepStrictEqual(oneRange, decodeByTable("RangeRequest", bytes));
    }
    strictEqual(plainPut(put) !== undefined, key !== "" && lease === 0n && size < 16_384);
    strictEqual(plainRange(range) !== undefined, key !== "" && range_end === "" && limit === 0);
  });
  fc.assert(property, { numRuns: 500, seed: 42 });
});

test("a head in bytes is what the table writes", () => {
  const ids = { clusterId: 0xffff_ffff_ffff_fff1n, memberId: 0x8e9e_05c5_2164_694dn };
  const heads = new HeaderBytes(ids);
  for (const [revision, raft_term] of [
    [1, 1],
    [1, 1],
    [0, 0],
    [300, 1],
    [2 ** 40, 2 ** 33],
  ] as const) {
    const table = encode("ResponseHeader", { cluster_id: ids.clusterId, member_id: ids.memberId, revision, raft_term });
    deepStrictEqual(Buffer.from(heads.at(revision, raft_term) as Uint8Array), table);
  }
});

test("an answer that is written without the table is what the table writes", () => {
  const heads = new HeaderBytes({ clusterId: 1n, memberId: 0x8e9e_05c5_2164_694dn });
  const number = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 16_383, 16_384, 2 ** 32, 2 ** 40, 2 ** 52));
  const property = fc.property(
    text,
    sizes,
    number,
    number,
    number,
    fc.constantFrom(undefined, 7n),
    (name, size, created, at, made, lease) => {
      const header = heads.at(at, made);
      const plain = {
        key: `k${name}`,
        value: Buffer.alloc(size, 5),
        createRevision: revision(created + 1),
        modRevision: revision(at + 1),
        version: made + 1,
      };
      const kv = lease === undefined ? plain : { ...plain, lease };
      const table = encode("RangeResponse", { header, kvs: [kvOf(kv)], more: false, count: 1 });
      const written = plainRangeAnswer(header, kv);
      if (lease !== undefined) strictEqual(written, undefined);
      else deepStrictEqual(Buffer.from(written as unknown as Uint8Array), table);
      deepStrictEqual(Buffer.from(plainPutAnswer(header) as unknown as Uint8Array), encode("PutResponse", { header }));
    },
  );
  fc.assert(property, { numRuns: 500, seed: 42 });
});
