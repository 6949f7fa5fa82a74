// A store's errors as clients see them; texts of etcd, and the timeout's, were read from a kube-apiserver whose etcd stood still.
// Invariant: what is not known to have failed is never told as failed.
// Called by: the test runner. Next on the way: storeerrors.ts.

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { StoreError, type StoreErrorCode } from "#store";
import { expectedFailure } from "./storeerrors.ts";

const deadline = "Timeout: request did not complete within requested timeout - context deadline exceeded";
const table: readonly (readonly [StoreErrorCode, string, number, string, string])[] = [
  ["unavailable", "http://127.0.0.1:1: gone", 503, "ServiceUnavailable", "the store is not available: http://127.0.0.1:1: gone"],
  ["unavailable", "etcdserver: too many requests", 500, "", "etcdserver: too many requests"],
  ["outcomeUnknown", "etcdserver: request timed out", 500, "", "etcdserver: request timed out"],
  ["outcomeUnknown", "context deadline exceeded", 504, "Timeout", deadline],
  ["outcomeUnknown", "the disk", 504, "Timeout", "Timeout: it is not known whether the write took place: the disk"],
  ["noSpace", "", 500, "InternalError", "etcdserver: mvcc: database space exceeded"],
];

for (const [code, message, status, reason, text] of table)
  test(`${code}: ${message}`, () => {
    const told = expectedFailure(new StoreError(code, message))?.status;
    deepStrictEqual([told?.code, told?.reason ?? "", told?.message], [status, reason, text]);
  });
