// The rules that lead a pod to the API server: which they are.
// Invariant: one address and port, from one bridge and this machine.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { apiRules } from "./route.ts";

test("one address and port, from the node's bridge and from the machine itself", () => {
  const rules = apiRules({ network: "dhow-x", clusterIp: "10.96.0.1", clusterPort: 443, port: 6443 });
  const lines = rules.map(({ table, chain, match, target, place }) => [place, table, chain, ...match, "-j", ...target].join(" "));
  assert.deepEqual(lines, [
    "first nat PREROUTING -i dhow-x -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 127.0.0.1:6443",
    "first nat OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 127.0.0.1:6443",
    "first filter INPUT -d 127.0.0.0/8 -i dhow-x -m conntrack ! --ctstate DNAT -j DROP",
  ]);
});
