// Rules found again among others by their comment, and what has to be done to have exactly the wanted ones.
// Invariant: only rules whose comment begins with the network's name and a colon are named; equal rules are left alone.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { apiRules } from "./api/route.ts";
import { podRules } from "./pods/route.ts";
import { changes, rulesOfNetwork } from "./rules.ts";

const nat = `*nat
-A PREROUTING -d 10.96.0.1/32 -i dhow-x -p tcp -m tcp --dport 443 -m comment --comment "dhow-x: kubernetes API" -j DNAT --to-destination 127.0.0.1:6443
-A PREROUTING -d 10.96.0.1/32 -i dhow-x_2 -p tcp -m tcp --dport 443 -m comment --comment "dhow-x_2: kubernetes API" -j DNAT --to-destination 127.0.0.1:6443
-A PREROUTING -d 10.96.0.1/32 -i dhow-x-y -p tcp -m comment --comment "dhow-x-y: kubernetes API" -j DNAT --to-destination 127.0.0.1:6444
-A OUTPUT -p tcp -j ACCEPT
-A OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -m comment --comment "dhow-x: kubernetes API" -j DNAT --to-destination 127.0.0.1:6443
-A POSTROUTING -s 10.244.0.0/24 ! -d 10.244.0.0/16 -m comment --comment "dhow-x: pods" -j MASQUERADE
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"dhow-x\\" id: \\"c1\\"" -j CNI-aaaa
COMMIT`;
const api = { network: "dhow-x", purpose: "kubernetes API" };
const wanted = (port: number) =>
  apiRules({ network: "dhow-x", clusterIp: "10.96.0.1", clusterPort: 443, port }).filter((rule) => rule.table === "nat");
const pods = podRules({ network: "dhow-x", podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16" });

test("rules of a network are found by their comment, those of other nodes and longer names are not its own", () => {
  const heads = rulesOfNetwork(nat, "dhow-x").map((args) => args.slice(0, 4).join(" "));
  assert.deepEqual(heads, ["-D PREROUTING -d 10.96.0.1/32", "-D OUTPUT -d 10.96.0.1/32", "-D POSTROUTING -s 10.244.0.0/24"]);
  assert.deepEqual(
    rulesOfNetwork(nat, "dhow-x_2").map((args) => args.join(" ")),
    [
      "-D PREROUTING -d 10.96.0.1/32 -i dhow-x_2 -p tcp -m tcp --dport 443 -m comment --comment dhow-x_2: kubernetes API -j DNAT --to-destination 127.0.0.1:6443",
    ],
  );
});

test("what is there already is left alone", () => {
  assert.deepEqual(changes(nat, api, wanted(6443)), []);
  const own = { network: "dhow-x", purpose: "pods" };
  assert.deepEqual(
    changes(
      nat,
      own,
      pods.filter((rule) => rule.table === "nat"),
    ),
    [],
  );
});

test("what has changed is removed, then made anew; other purposes stay", () => {
  const did = changes(nat, api, wanted(7443)).map((args) => `${args.slice(0, 2).join(" ")} … ${args.at(-1)}`);
  assert.deepEqual(did, [
    "-D PREROUTING … 127.0.0.1:6443",
    "-D OUTPUT … 127.0.0.1:6443",
    "-I PREROUTING … 127.0.0.1:7443",
    "-I OUTPUT … 127.0.0.1:7443",
  ]);
});

test("pods keep their address among themselves, and are forwarded where the machine's owner said nothing else", () => {
  const own = { network: "dhow-y", purpose: "pods" };
  assert.deepEqual(
    changes("", own, pods).map((args) => args.join(" ")),
    [
      "-A POSTROUTING -s 10.244.0.0/24 ! -d 10.244.0.0/16 -m comment --comment dhow-y: pods -j MASQUERADE",
      "-A FORWARD -i dhow-x -m comment --comment dhow-y: pods -j ACCEPT",
      "-A FORWARD -o dhow-x -m comment --comment dhow-y: pods -j ACCEPT",
    ],
  );
});
