// The rules that lead a pod to the API server: which, and how they are found again.
// Invariant: only rules whose comment is exactly the cluster's are named.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { apiRules, ownRules } from "./route.ts";

const route = { clusterName: "x", clusterIp: "10.96.0.1", clusterPort: 443, port: 6443 };

test("one address and port, from the cluster's bridge and from the machine itself", () => {
  const lines = apiRules(route).map(({ table, chain, args }) => `${table} ${chain} ${args.join(" ")}`);
  const mark = "-m comment --comment dhow-x: kubernetes API";
  assert.deepEqual(lines, [
    `nat PREROUTING -i dhow-x -d 10.96.0.1/32 -p tcp -m tcp --dport 443 ${mark} -j DNAT --to-destination 127.0.0.1:6443`,
    `nat OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 443 ${mark} -j DNAT --to-destination 127.0.0.1:6443`,
    `filter INPUT -d 127.0.0.0/8 -i dhow-x -m conntrack ! --ctstate DNAT ${mark} -j DROP`,
  ]);
});

test("rules of a cluster are found by their comment, those of a longer name are not its own", () => {
  const save = `*nat
-A PREROUTING -d 10.96.0.1/32 -i dhow-x -p tcp -m tcp --dport 443 -m comment --comment "dhow-x: kubernetes API" -j DNAT --to-destination 127.0.0.1:6443
-A PREROUTING -d 10.96.0.1/32 -i dhow-x-y -p tcp -m comment --comment "dhow-x-y: kubernetes API" -j DNAT --to-destination 127.0.0.1:6444
-A OUTPUT -p tcp -j ACCEPT
COMMIT`;
  const found = ownRules(save, "x").map((args) => args.slice(0, 4).join(" "));
  assert.deepEqual(found, ["-D PREROUTING -d 10.96.0.1/32"]);
  assert.equal(ownRules(save, "x")[0]!.includes("dhow-x: kubernetes API"), true);
});
