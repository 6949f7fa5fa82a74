// Pods among pods: spreading, nearness, distance and eviction, as a table of decisions and upstream's words.
// Invariant: the messages were read off a kube-scheduler 1.36 given the same pods and nodes.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PodSpec, TopologySpreadConstraint } from "#api";
import { decide } from "./cycle.ts";
import type { NodeView } from "./framework.ts";
import { rejectionMessage } from "./message.ts";
import { defaultPlugins } from "./plugins/index.ts";
import { preempt } from "./preemption.ts";
import { nodeOf, type PodRow, podOf } from "./testing.ts";
import { viewNode, viewPod, withPod } from "./views.ts";

interface Placed extends PodRow {
  readonly app?: string;
  readonly priority?: number;
  readonly leaving?: boolean;
}

function pod({ app = "none", priority, leaving, ...row }: Placed) {
  const made = podOf(row);
  made.metadata.labels = { app };
  if (priority !== undefined) made.spec!.priority = priority;
  if (leaving) made.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  return viewPod(made);
}

/** Three nodes: 1 and 2 in zone a, 3 in zone b. */
function nodesWith(placed: Readonly<Record<string, readonly Placed[]>>): NodeView[] {
  return ["n1", "n2", "n3"].map((name) => {
    const node = nodeOf({ name, cpu: "2", labels: { host: name, zone: name === "n3" ? "b" : "a" } });
    return (placed[name] ?? []).map((row, index) => pod({ name: `${name}-${index}`, ...row })).reduce(withPod, viewNode(node));
  });
}

const term = (app: string, topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app } } });
const near = (app: string, key: string): Partial<PodSpec> => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } },
});
const far = (app: string, key: string): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } },
});
const drawn = (app: string, key: string, kind: "podAffinity" | "podAntiAffinity"): Partial<PodSpec> => ({
  affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term(app, key) }] } },
});
const spread = (topologyKey: string, more: Partial<TopologySpreadConstraint> = {}): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } }, ...more },
  ],
});
const web: Placed = { app: "web" };

const noVictims = (found: number, helpless: number): string =>
  [
    " no new claims to deallocate, preemption: 0/3 nodes are available: ",
    [
      ...(found > 0 ? [`${found} No preemption victims found for incoming pod`] : []),
      ...(helpless > 0 ? [`${helpless} Preemption is not helpful for scheduling`] : []),
    ].join(", "),
    ".",
  ].join("");

const rows: { name: string; pod: Placed; on?: Record<string, readonly Placed[]>; want: string }[] = [
  { name: "spreads over zones", pod: { ...web, spec: spread("zone") }, on: { n1: [web] }, want: "n3" },
  {
    name: "keeps within the skew even where there is more room",
    pod: { ...web, spec: spread("host") },
    on: { n1: [web], n2: [web], n3: [{ cpu: "1900m" }] },
    want: "n3",
  },
  {
    name: "has nowhere to go when the emptiest domain is full",
    pod: { ...web, cpu: "500m", spec: spread("host") },
    on: { n1: [web], n2: [web], n3: [{ cpu: "1900m" }] },
    want: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod topology spread constraints.${noVictims(3, 0)}`,
  },
  {
    name: "needs the label to spread over",
    pod: { ...web, spec: spread("rack") },
    want: `0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label).${noVictims(0, 3)}`,
  },
  {
    name: "counts too few domains as one that is empty",
    pod: { ...web, spec: spread("zone", { minDomains: 3 }) },
    on: { n1: [web], n3: [web] },
    want: `0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.${noVictims(3, 0)}`,
  },
  {
    name: "would rather spread",
    pod: { ...web, spec: spread("zone", { whenUnsatisfiable: "ScheduleAnyway" }) },
    on: { n1: [web], n2: [web], n3: [{}, {}, {}, {}] },
    want: "n3",
  },
  { name: "goes where its friend is", pod: { spec: near("db", "host") }, on: { n2: [{ app: "db" }] }, want: "n2" },
  {
    name: "the zone of its friend is enough",
    pod: { cpu: "1", spec: near("db", "zone") },
    on: { n1: [{ app: "db", cpu: "2" }] },
    want: "n2",
  },
  {
    name: "waits for a friend that is nowhere",
    pod: { spec: near("db", "host") },
    want: `0/3 nodes are available: 3 node(s) didn't match pod affinity rules.${noVictims(0, 3)}`,
  },
  { name: "keeps away from its own kind", pod: { ...web, spec: far("web", "host") }, on: { n1: [web], n2: [web] }, want: "n3" },
  {
    name: "has nowhere to keep away to",
    pod: { ...web, spec: far("web", "zone") },
    on: { n1: [web], n3: [web] },
    want: `0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.${noVictims(3, 0)}`,
  },
  { name: "is kept away by one that is there", pod: web, on: { n1: [{ spec: far("web", "zone") }], n3: [{}, {}, {}] }, want: "n3" },
  {
    name: "is kept away from everywhere",
    pod: web,
    on: { n1: [{ spec: far("web", "zone") }], n3: [{ spec: far("web", "zone") }] },
    want: `0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.${noVictims(3, 0)}`,
  },
  { name: "would rather be near", pod: { spec: drawn("db", "host", "podAffinity") }, on: { n2: [{ app: "db" }, {}, {}] }, want: "n2" },
  {
    name: "would rather be far",
    pod: { spec: drawn("db", "zone", "podAntiAffinity") },
    on: { n1: [{ app: "db" }], n3: [{}, {}] },
    want: "n3",
  },
  {
    name: "asks for more than any node has",
    pod: { cpu: "3" },
    want: `0/3 nodes are available: 3 Insufficient cpu.${noVictims(0, 3)}`,
  },
  {
    name: "evicts the least important, and no more than must",
    pod: { cpu: "1", priority: 100 },
    on: {
      n1: [{ cpu: "2", priority: 50 }],
      n2: [
        { cpu: "1", priority: 5 },
        { cpu: "1", priority: 7 },
      ],
      n3: [{ cpu: "2", priority: 200 }],
    },
    want: "evicts n2-0 on n2: 0/3 nodes are available: 3 Insufficient cpu.",
  },
  {
    name: "evicts whoever keeps it away",
    pod: { ...web, priority: 100 },
    on: { n1: [{ spec: far("web", "zone") }, {}], n3: [{ priority: 200, spec: far("web", "zone") }] },
    want: "evicts n1-0 on n1: 0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    name: "evicts nobody if it is not to",
    pod: { cpu: "1", priority: 100, spec: { preemptionPolicy: "Never" } },
    on: { n1: [{ cpu: "2" }], n2: [{ cpu: "2" }], n3: [{ cpu: "2" }] },
    want: "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
  },
  {
    name: "waits for those who leave already",
    pod: { cpu: "1", priority: 100 },
    on: { n1: [{ cpu: "2", leaving: true }], n2: [{ cpu: "2" }], n3: [{ cpu: "2" }] },
    want: "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.",
  },
];

for (const row of rows) {
  test(`a pod ${row.name}`, () => {
    const input = { pod: pod({ name: "new", ...row.pod }), nodes: nodesWith(row.on ?? {}), plugins: defaultPlugins, offset: 0, seed: 1 };
    const decision = decide(input);
    if (decision.node !== undefined) return assert.equal(decision.node, row.want);
    const preemption = preempt(input, decision);
    if (preemption.node === undefined) return assert.equal(rejectionMessage(decision, preemption.message), row.want);
    const victims = preemption.victims.map((victim) => victim.pod.metadata.name).join(", ");
    assert.equal(`evicts ${victims} on ${preemption.node}: ${rejectionMessage(decision)}`, row.want);
  });
}

test("the first of a group that wants to be together goes anywhere", () => {
  const input = {
    pod: pod({ name: "new", app: "db", spec: near("db", "host") }),
    nodes: nodesWith({}),
    plugins: defaultPlugins,
    offset: 0,
    seed: 1,
  };
  assert.notEqual(decide(input).node, undefined);
});

test("a node that has the image is better than one that has to pull it", () => {
  const nodes = nodesWith({});
  const [first] = nodes;
  nodes[0] = { ...first!, images: new Map([["busybox:latest", 900 * 1024 * 1024]]) };
  const input = { pod: pod({ name: "new" }), nodes, plugins: defaultPlugins, offset: 0, seed: 1 };
  assert.equal(decide(input).node, "n1");
});
