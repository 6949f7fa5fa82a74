// Promises about leases, made up: what ends too early is found, what ends in time is not.
// Invariant: a clock that runs twice as fast is forgiven, and nothing more.
// Called by: the test runner. Next on the way: leases.ts.

import { doesNotThrow, throws } from "node:assert/strict";
import { test } from "node:test";
import { LeasePromises } from "./leases.ts";

test("a lease that was granted may end when its time is up by the fastest clock, and not before", () => {
  const promises = new LeasePromises(2);
  promises.promised(1n, 10, 1000);
  throws(() => promises.ended(1n, 5999), { name: "Violation", promise: "Lease" });
  promises.promised(2n, 10, 1000);
  doesNotThrow(() => promises.ended(2n, 6000));
});

test("a renewal counts from when it was asked, and an older answer takes nothing back", () => {
  const promises = new LeasePromises(1);
  promises.promised(1n, 10, 5000);
  promises.promised(1n, 10, 1000);
  throws(() => promises.ended(1n, 14_999), { promise: "Lease" });
});

test("of what nobody was told nothing was promised", () => {
  doesNotThrow(() => new LeasePromises(2).ended(7n, 0));
});
