// Which range of addresses a cluster takes on a machine whose routes are given, as a table.
// Invariant shown: what somebody has is left alone, also by a bridge without a carrier; a wide route only gives preference.
// Called by: npm test. Next on the way: range.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoutes } from "#linux";
import { addressText, freePodNetwork, nodeRange, ownBridges, parsePodNetwork, rangeHolders, rangeText } from "./range.ts";

const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const plain = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
const bridge = "dhow-streams\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
const wide = "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n";
const half = "tun1\t0000F00A\t00000000\t0001\t0\t0\t0\t0000F8FF\t0\t0\t0\n";

test("routes are read as the kernel writes them", () => {
  assert.deepEqual(
    parseRoutes(`${head}${plain}${bridge}${wide}`).map((route) => `${route.device} ${rangeText(route)}`),
    ["eth0 0.0.0.0/0", "eth0 192.0.2.0/24", "dhow-streams 10.244.0.0/24", "tun0 10.0.0.0/8"],
  );
  assert.deepEqual(parseRoutes(head), []);
});

const cases: readonly { says: string; routes: string; taken?: readonly string[]; want: string | undefined }[] = [
  { says: "nobody has anything", routes: plain, want: "10.244.0.0/16" },
  { says: "a bridge is left from a cluster that was killed", routes: `${plain}${bridge}`, want: "10.245.0.0/16" },
  {
    says: "another cluster has chosen, and has no pods yet",
    routes: plain,
    taken: ["10.244.0.0/16", "10.245.0.0/16"],
    want: "10.246.0.0/16",
  },
  { says: "all of 10.0.0.0/8 is routed: a bridge's route is narrower and wins", routes: `${plain}${wide}`, want: "10.244.0.0/16" },
  { says: "a part of it is routed: rather outside of it", routes: `${plain}${half}`, want: "10.248.0.0/16" },
  {
    says: "twelve clusters have all there is",
    routes: plain,
    taken: Array.from({ length: 12 }, (_, index) => `10.${244 + index}.0.0/16`),
    want: undefined,
  },
];
for (const { says, routes, taken = [], want } of cases)
  test(`a range for pods: ${says}`, () => assert.equal(freePodNetwork(parseRoutes(head + routes), taken), want));

test("a cluster's own bridges do not hold its range; another's do, and are named", () => {
  const routes = parseRoutes(`${head}${plain}${bridge}${wide}`);
  assert.deepEqual(rangeHolders("10.244.0.0/16", routes, ownBridges("streams", 1)), []);
  assert.deepEqual(
    rangeHolders("10.244.0.0/16", routes, ownBridges("other", 256)).map(({ device }) => device),
    ["dhow-streams"],
  );
  assert.deepEqual(rangeHolders("10.245.0.0/16", routes, new Set()), []);
});

test("a pod network has room for 256 nodes, each a /24", () => {
  assert.equal(rangeText(nodeRange("172.20.0.0/16", 0)), "172.20.0.0/24");
  assert.equal(rangeText(nodeRange("10.244.0.0/16", 255)), "10.244.255.0/24");
  assert.equal(addressText(nodeRange("10.244.0.0/16", 256).first), "10.245.0.0");
  for (const bad of [
    "",
    "10.244.0.0",
    "10.244.0.0/24",
    "10.244.1.0/16",
    "256.1.0.0/16",
    "127.0.0.0/16",
    "0.0.0.0/16",
    "224.0.0.0/16",
    "::/16",
  ])
    assert.equal(parsePodNetwork(bad), undefined, bad);
});
