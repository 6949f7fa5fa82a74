// A DaemonSet's passes as tables: which nodes get a Pod, which lose it, and how an update walks over the nodes.
// Invariant: the steps are those of a real controller manager given the same nodes and Pods.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod, PodSpec, Taint } from "#api";
import type { Live } from "#client";
import type { Action, Plan } from "../framework/plan.ts";
import { revisionData, revisionLabel } from "../revisions.ts";
import { FailedPods } from "./failures.ts";
import { planDaemonSet } from "./plan.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();
const meta = (name: string) => ({ name, namespace: "d", uid: name, resourceVersion: "1" });

function setOf(image: string, rollingUpdate: object = { maxUnavailable: 1, maxSurge: 0 }, spec: Partial<PodSpec> = {}): Live<DaemonSet> {
  const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image }], ...spec } };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { ...meta("set"), generation: 1 },
    spec: { selector: { matchLabels: { app: "a" } }, template, updateStrategy: { type: "RollingUpdate", rollingUpdate } },
  };
}

function nodeOf(name: string, more: { labels?: Record<string, string>; taints?: Taint[] } = {}): Live<Node> {
  const { labels = {}, taints } = more;
  return { apiVersion: "v1", kind: "Node", metadata: { ...meta(name), labels }, spec: taints ? { taints } : {} };
}

interface Row {
  node: string;
  hash?: string;
  phase?: string;
  ready?: boolean;
  deleting?: boolean;
  age?: number;
}

function podOf({ node, hash = "new", phase = "Running", ready = true, deleting, age = 60 }: Row): Live<Pod> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...meta(`${node}-${hash}-${age}`),
      labels: { app: "a", [revisionLabel]: hash },
      creationTimestamp: ago(age),
      ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "set", uid: "set", controller: true }],
      ...(deleting ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { containers: [], nodeName: node },
    status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(50) }] },
  };
}

function revisionOf(set: Live<DaemonSet>, hash: string, revision: number): Live<ControllerRevision> {
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "set", uid: "set", controller: true }];
  const { value } = revisionData(set.spec?.template);
  const metadata = { ...meta(`set-${hash}`), labels: { app: "a", [revisionLabel]: hash }, ownerReferences };
  return { apiVersion: "apps/v1", kind: "ControllerRevision", metadata, revision, data: value as never };
}

const flat = (actions: readonly Action[]): Action[] =>
  actions.flatMap((action) => (action.verb === "batch" ? flat(action.actions) : [action]));

function words(plan: Plan): string[] {
  return flat(plan.actions).map((action) => {
    if (action.verb === "create" && action.resource === "pods") {
      const { affinity } = (action.object as unknown as Pod).spec!;
      const term = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0];
      return `create on ${term?.matchFields?.[0]?.values?.[0]}`;
    }
    if (action.verb === "delete") return `delete ${action.target.name}`;
    if (action.verb === "event") return action.reason;
    return action.verb === "batch" ? "batch" : `${action.verb} ${action.resource}`;
  });
}

const now = setOf("two");
const three = ["n1", "n2", "n3"].map((name) => nodeOf(name));
const history = [revisionOf(setOf("one"), "old", 1), revisionOf(now, "new", 2)];
const old = (node: string, more: Partial<Row> = {}): Row => ({ node, hash: "old", ...more });

const rows: { name: string; set?: Live<DaemonSet>; nodes?: Live<Node>[]; pods?: Row[]; waits?: Record<string, number>; does: string[] }[] =
  [
    { name: "starts a Pod on every node", does: ["create on n1", "create on n2", "create on n3"] },
    {
      name: "leaves out nodes that its selector does not name",
      set: setOf("two", {}, { nodeSelector: { disk: "ssd" } }),
      nodes: [nodeOf("n1", { labels: { disk: "ssd" } }), nodeOf("n2")],
      does: ["create controllerrevisions.apps", "create on n1"],
    },
    {
      name: "starts on nodes in trouble, not on tainted ones",
      nodes: [
        nodeOf("n1", { taints: [{ key: "node.kubernetes.io/disk-pressure", effect: "NoSchedule" }] }),
        nodeOf("n2", { taints: [{ key: "k", effect: "NoSchedule" }] }),
      ],
      does: ["create on n1"],
    },
    {
      name: "stays where a taint came later, goes where it evicts",
      nodes: [
        nodeOf("n1", { taints: [{ key: "k", effect: "NoSchedule" }] }),
        nodeOf("n2", { taints: [{ key: "k", effect: "NoExecute" }] }),
      ],
      pods: [{ node: "n1" }, { node: "n2" }],
      does: ["delete n2-new-60"],
    },
    { name: "keeps the oldest of two", nodes: [nodeOf("n1")], pods: [{ node: "n1" }, { node: "n1", age: 90 }], does: ["delete n1-new-60"] },
    {
      name: "takes away one that failed, and says so",
      nodes: [nodeOf("n1")],
      pods: [{ node: "n1", phase: "Failed" }],
      does: ["FailedDaemonPod", "delete n1-new-60"],
    },
    {
      name: "leaves it alone for a while where others failed before",
      nodes: [nodeOf("n1")],
      pods: [{ node: "n1", phase: "Failed" }],
      waits: { "n1-new-60": 4000 },
      does: [],
    },
    { name: "updates one node at a time", pods: [old("n1"), old("n2"), old("n3")], does: ["delete n1-old-60"] },
    { name: "waits for the new Pod", pods: [{ node: "n1", ready: false }, old("n2"), old("n3")], does: [] },
    { name: "goes on when it is there", pods: [{ node: "n1" }, old("n2"), old("n3")], does: ["delete n2-old-60"] },
    {
      name: "replaces what does not work at once",
      pods: [old("n1", { ready: false }), old("n2", { ready: false }), old("n3")],
      does: ["delete n1-old-60", "delete n2-old-60"],
    },
    {
      name: "surging, starts the new one beside the old",
      set: setOf("two", { maxUnavailable: 0, maxSurge: 1 }),
      pods: [old("n1"), old("n2"), old("n3")],
      does: ["create on n1"],
    },
    {
      name: "surging, takes the old one away when the new one works",
      set: setOf("two", { maxUnavailable: 0, maxSurge: 1 }),
      pods: [{ node: "n1" }, old("n1"), old("n2"), old("n3")],
      does: ["delete n1-old-60"],
    },
  ];

const seen = (set: Live<DaemonSet>, nodes: readonly Live<Node>[], pods: readonly Live<Pod>[]) => ({
  saw: [set],
  set,
  nodes,
  pods,
  revisions: history,
  failedWaitsMs: new Map<string, number>(),
});

for (const { name, set = now, nodes = three, pods = [], waits = {}, does } of rows) {
  test(`a DaemonSet ${name}`, () => {
    const plan = planDaemonSet({ ...seen(set, nodes, pods.map(podOf)), failedWaitsMs: new Map(Object.entries(waits)) }, { nowMs });
    assert.deepEqual(words(plan), does);
  });
}

test("an old template that comes back is renumbered, not written again", () => {
  const set = setOf("one");
  const plan = planDaemonSet(seen(set, [], []), { nowMs });
  const [update] = plan.actions;
  assert.ok(update?.verb === "update");
  assert.deepEqual([update.object.metadata.name, (update.object as unknown as ControllerRevision).revision], ["set-old", 3]);
});

test("the status counts nodes, not Pods", () => {
  const nodes = [...three, nodeOf("n4", { taints: [{ key: "k", effect: "NoSchedule" }] })];
  const pods = [{ node: "n1" }, old("n2", { ready: false }), { node: "n4" }].map(podOf);
  const [update] = planDaemonSet(seen(now, nodes, pods), { nowMs }).finish!(undefined);
  assert.ok(update?.verb === "update");
  const { status } = update.object as unknown as { status: DaemonSetStatus };
  assert.deepEqual(status, {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 2,
    numberMisscheduled: 1,
    numberReady: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
    observedGeneration: 1,
  });
});

test("one failure after the other on a node: the first goes at once, then the waits double up to a quarter of an hour", () => {
  const failed = new FailedPods();
  let atMs = nowMs;
  const waited: number[] = [];
  for (let turn = 0; turn < 13; turn++) {
    const pod = { ...podOf({ node: "n1", phase: "Failed" }), metadata: { ...meta(`p${turn}`), labels: {} } };
    const wait = (): number => failed.waits(now, [pod], atMs).get(`p${turn}`)!;
    const leftMs = wait();
    waited.push(leftMs / 1000);
    atMs += leftMs;
    assert.equal(wait(), 0, "its time has come");
    assert.equal(wait(), 0, "and is not taken back");
  }
  assert.deepEqual(waited, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  const elsewhere = podOf({ node: "n2", phase: "Failed" });
  assert.deepEqual([...failed.waits(now, [elsewhere], atMs).values()], [0]);
  const changed = { ...now, status: { observedGeneration: 9 } } as Live<DaemonSet>;
  assert.deepEqual([...failed.waits(changed, [podOf({ node: "n1", phase: "Failed" })], atMs).values()], [0]);
  assert.deepEqual([...failed.waits(now, [podOf({ node: "n1", phase: "Failed" })], atMs + 31 * 60_000).values()], [0]);
});
