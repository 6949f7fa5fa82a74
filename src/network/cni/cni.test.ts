// Names, the conflist, and which NAT rules are ours to remove.
// Invariant: rules of other networks are never named.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idlePortChains, leftoverResults, leftoverRules, strandedPortChains } from "./cleanup.ts";
import { bridgeName, cniConflist, networkName } from "./config.ts";

test("a bridge's name fits the kernel and tells cluster and node", () => {
  assert.equal(bridgeName(networkName("dhow")), "dhow-dhow");
  assert.equal(bridgeName(networkName("dhow", 12)), "dhow-dhow_12");
  const long = ["a-very-long-cluster-name", "a-very-long-cluster-nama"].flatMap((name) => [networkName(name), networkName(name, 2)]);
  assert.ok(long.every((network) => bridgeName(network).length <= 15));
  assert.equal(new Set(long.map(bridgeName)).size, 4);
  assert.notEqual(networkName("x", 2), networkName("x-2"));
});

test("the conflist gives addresses of the node's own range, and leaves masquerading to the node", () => {
  const text = JSON.stringify(cniConflist({ network: "dhow-x", podCidr: "10.244.0.0/24", dataDirectory: "/d" }));
  assert.match(text, /"bridge":"dhow-x".*"ipMasq":false.*"subnet":"10\.244\.0\.0\/24".*"dataDir":"\/d".*"portmap"/);
});

test("only rules whose comment names the network are removed, jumps before chains", () => {
  const save = `*nat
:POSTROUTING ACCEPT [0:0]
:CNI-aaaa - [0:0]
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"dhow-x\\" id: \\"c1\\"" -j CNI-aaaa
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \\"podman\\" id: \\"c2\\"" -j CNI-bbbb
-A CNI-aaaa -d 10.244.0.0/24 -m comment --comment "name: \\"dhow-x\\" id: \\"c1\\"" -j ACCEPT
COMMIT`;
  const rules = leftoverRules(save, "dhow-x").map((args) => args.join(" "));
  assert.deepEqual(rules, [
    '-D POSTROUTING -s 10.244.0.2/32 -m comment --comment name: "dhow-x" id: "c1" -j CNI-aaaa',
    "-F CNI-aaaa",
    "-X CNI-aaaa",
  ]);
});

test("kept results of our sandboxes are ours, those of a longer name are not", () => {
  const [a, b] = ["a".repeat(64), "b".repeat(64)];
  const names = [`dhow-x-${a}-eth0`, `cni-loopback-${a}-lo`, `dhow-x-y-${b}-eth0`, `cni-loopback-${b}-lo`];
  assert.deepEqual(leftoverResults(names, "dhow-x"), [`dhow-x-${a}-eth0`, `cni-loopback-${a}-lo`]);
});

test("the port-map plugin's shared chains go when no port uses them, and stay as long as one does", () => {
  const idle = `*nat
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
COMMIT`;
  assert.deepEqual(
    idlePortChains(idle).map((args) => args.join(" ")),
    [
      "-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      "-D POSTROUTING -m comment --comment CNI portfwd requiring masquerade -j CNI-HOSTPORT-MASQ",
      "-F CNI-HOSTPORT-DNAT",
      "-F CNI-HOSTPORT-MASQ",
      "-X CNI-HOSTPORT-DNAT",
      "-X CNI-HOSTPORT-MASQ",
    ],
  );
  assert.deepEqual(idlePortChains(idle.replace("COMMIT", "-A CNI-HOSTPORT-DNAT -p tcp -j CNI-DN-ab\nCOMMIT")), []);
  assert.deepEqual(idlePortChains("*nat\nCOMMIT"), []);
});

test("a port-map chain is stranded when it holds nothing and nothing leads to it", () => {
  const save = `*nat
:CNI-DN-aa - [0:0]
:CNI-DN-bb - [0:0]
:CNI-DN-cc - [0:0]
:CNI-dd - [0:0]
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"dhow-x\\" id: \\"c1\\"" -m multiport --dports 80 -j CNI-DN-bb
-A CNI-DN-cc -p tcp -j RETURN
COMMIT`;
  assert.deepEqual(strandedPortChains(save), ["CNI-DN-aa"]);
});
