// The addresses of a cluster's pods, from flags, from last time, and from what the machine has, as a table.
// Invariant shown: a new cluster evades, an old one keeps its range or is refused by name; other runtimes have no such range.
// Called by: npm test. Next on the way: pod-range.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterSettings } from "#compose";
import type { Route } from "#linux";
import { choosePodRange } from "./pod-range.ts";

const real: ClusterSettings = { nodes: 1, simulatedNodes: 0, runtime: "containerd", without: [] };
const played: ClusterSettings = { ...real, runtime: "simulated" };
const bridge = (device: string, second: number): Route => ({ device, first: (10 * 256 + second) * 65_536, bits: 24 });

interface Case {
  readonly says: string;
  readonly asked?: string;
  readonly settings?: ClusterSettings;
  readonly previous?: ClusterSettings;
  readonly routes?: readonly Route[];
  readonly taken?: readonly string[];
  readonly want?: string;
  readonly words?: RegExp;
  readonly problem?: RegExp;
}

const cases: readonly Case[] = [
  { says: "the first of all", want: "10.244.0.0/16" },
  { says: "simulated nodes need none", settings: played },
  { says: "nor has somebody else's runtime one of ours", settings: { ...real, cri: "/run/x.sock" } },
  {
    says: "asked for where it means nothing",
    settings: played,
    asked: "10.9.0.0/16",
    problem: /^--pod-network-cidr 10\.9.*only nodes with/,
  },
  { says: "asked for", asked: "172.20.0.0/16", want: "172.20.0.0/16" },
  { says: "asked for wrongly", asked: "10.244.0.0/24", problem: /allowed is an IPv4 network of 65,536 addresses/ },
  {
    says: "asked for, and taken",
    asked: "10.250.0.0/16",
    routes: [bridge("dhow-x", 250)],
    want: "10.250.0.0/16",
    problem: /taken by dhow-x, which has the route to 10\.250\.0\.0\/24/,
  },
  {
    says: "a bridge that somebody left",
    routes: [bridge("dhow-x", 244)],
    want: "10.245.0.0/16",
    words: /^pod addresses: 10\.245\.0\.0\/16 \(10\.244\.0\.0\/16 is taken/,
  },
  { says: "another cluster of this home, without pods so far", taken: ["10.244.0.0/16"], want: "10.245.0.0/16", words: /10\.245/ },
  { says: "a namesake's bridge, in another home", routes: [bridge("dhow-me", 244)], want: "10.245.0.0/16", words: /10\.245/ },
  {
    says: "the next start, with its own bridge",
    previous: { ...real, podNetwork: "10.245.0.0/16" },
    routes: [bridge("dhow-me", 245)],
    want: "10.245.0.0/16",
  },
  { says: "a cluster from before there was a choice", previous: real, routes: [bridge("dhow-me", 244)], want: "10.244.0.0/16" },
  {
    says: "somebody took it in between",
    previous: real,
    routes: [bridge("docker0", 244)],
    want: "10.244.0.0/16",
    problem: /taken by docker0.*ip link delete docker0/,
  },
  { says: "a cluster keeps what it has", previous: real, asked: "10.9.0.0/16", problem: /this cluster's nodes have 10\.244\.0\.0\/16/ },
  {
    says: "a cluster that was only played gets its first range",
    previous: played,
    taken: ["10.244.0.0/16"],
    want: "10.245.0.0/16",
    words: /10\.245/,
  },
];

for (const { says, asked, settings = real, previous, routes = [], taken = [], want, words, problem } of cases)
  test(`addresses of pods: ${says}`, () => {
    const options = { name: "me", ...(asked === undefined ? {} : { podNetworkCidr: asked }) };
    const found = choosePodRange(options, settings, previous, routes, taken);
    assert.equal(found.podNetwork, want);
    assert.match(found.words.join("\n"), words ?? /^$/);
    assert.match(found.problems.join("\n"), problem ?? /^$/);
  });
