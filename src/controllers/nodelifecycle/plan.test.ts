// Nodes in trouble as tables: what silence does, which taints come and go, when a Pod has to leave, which range a node gets.
// Invariant: the outcomes are those of a real controller manager given the same nodes.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, Taint, Toleration } from "#api";
import type { Live } from "#client";
import type { Plan } from "../framework/plan.ts";
import { freeRange } from "./ipam.ts";
import { type Asking, EvictionPace, intervalMs, isDark } from "./pace.ts";
import { isEvicting, planNode, type SeenNode } from "./plan.ts";
import { planEviction, toleratedMs } from "./tainteviction.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const meta = (name: string) => ({ name, uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T11:00:00Z" });
const unreachable = "node.kubernetes.io/unreachable";
const notReady = "node.kubernetes.io/not-ready";

function nodeOf(ready: string | undefined, spec: Node["spec"] = {}, more: { type: string; status: string }[] = []): Live<Node> {
  const conditions = [...(ready === undefined ? [] : [{ type: "Ready", status: ready }]), ...more];
  return { apiVersion: "v1", kind: "Node", metadata: meta("n"), spec, status: { conditions } };
}

function podOf(tolerations: Toleration[] = [], ready = "True"): Live<Pod> {
  const metadata = { ...meta("p"), namespace: "d" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers: [], nodeName: "n", tolerations },
    status: { conditions: [{ type: "Ready", status: ready }] },
  };
}

const seen = (node: Live<Node>, silentSeconds: number, more: Partial<SeenNode> = {}): SeenNode => ({
  saw: [node],
  node,
  heardMs: nowMs - silentSeconds * 1000,
  evictableInMs: 0,
  pods: [],
  first: false,
  ...more,
});

function words(plan: Plan): string[] {
  return plan.actions.map((action) => {
    if (action.verb === "event") return action.reason;
    if (action.verb !== "patch") return action.verb;
    const { spec } = action.patch as { spec?: { taints: Taint[] | null } };
    if (!spec) return `${action.resource} status`;
    return `taints ${(spec.taints ?? []).map((one) => `${one.key.split("/").at(-1)}:${one.effect}`).join(" ")}`.trim();
  });
}

const taint = (key: string, effect: string): Taint => ({ key, effect });
const rows: { name: string; seen: SeenNode; does: string[] }[] = [
  { name: "that is well is left alone", seen: seen(nodeOf("True"), 10), does: [] },
  { name: "is greeted once", seen: seen(nodeOf("True"), 10, { first: true }), does: ["RegisteredNode"] },
  { name: "that has yet to speak has time", seen: seen(nodeOf(undefined), 55), does: [] },
  {
    name: "that never spoke becomes Unknown",
    seen: seen(nodeOf(undefined), 61),
    does: ["nodes status", "taints unreachable:NoSchedule unreachable:NoExecute"],
  },
  {
    name: "that falls silent becomes Unknown, and its Pods are no longer ready",
    seen: seen(nodeOf("True"), 51, { pods: [podOf(), podOf([], "False")] }),
    does: ["nodes status", "NodeNotReady", "taints unreachable:NoSchedule unreachable:NoExecute", "pods status"],
  },
  {
    name: "whose zone has just lost another, or too many, waits with its Pods",
    seen: seen(nodeOf("True"), 51, { evictableInMs: 7000 }),
    does: ["nodes status", "NodeNotReady", "taints unreachable:NoSchedule"],
  },
  {
    name: "that says it is not ready looks after its Pods itself",
    seen: seen(nodeOf("False"), 5, { pods: [podOf()] }),
    does: ["taints not-ready:NoSchedule not-ready:NoExecute"],
  },
  {
    name: "that is back loses our taints and keeps those of others",
    seen: seen(nodeOf("True", { taints: [taint("team", "NoExecute"), taint(unreachable, "NoExecute"), taint(notReady, "NoSchedule")] }), 5),
    does: ["taints team:NoExecute"],
  },
  {
    name: "that is cordoned gets a taint",
    seen: seen(nodeOf("True", { unschedulable: true }), 5),
    does: ["taints unschedulable:NoSchedule"],
  },
  {
    name: "under pressure gets a taint",
    seen: seen(nodeOf("True", {}, [{ type: "DiskPressure", status: "True" }]), 5),
    does: ["taints disk-pressure:NoSchedule"],
  },
];

for (const { name, seen: one, does } of rows) {
  test(`a node ${name}`, () => assert.deepEqual(words(planNode(one, { nowMs })), does));
}

test("a node is looked at again when its grace would end", () => {
  assert.equal(planNode(seen(nodeOf("True"), 20), { nowMs }).requeueAfterMs, 30_001);
});

test("a node that waits for its turn asks again", () => {
  assert.equal(planNode(seen(nodeOf("True"), 51, { evictableInMs: 7000 }), { nowMs }).requeueAfterMs, 7000);
  assert.equal(planNode(seen(nodeOf("True"), 51), { nowMs }).requeueAfterMs, undefined);
  assert.equal(isEvicting(nodeOf("Unknown", { taints: [taint(unreachable, "NoExecute")] })), true);
  assert.equal(isEvicting(nodeOf("Unknown", { taints: [taint(unreachable, "NoSchedule"), taint("team", "NoExecute")] })), false);
});

test("evictions stop in most of a small zone; a large one goes on slowly; where no node speaks it is dark", () => {
  const nodes = (states: string): Live<Node>[] => states.split("").map((state) => nodeOf(state === "+" ? "True" : "Unknown"));
  const every = (states: string): number => intervalMs(nodes(states)[0]!, nodes(states));
  assert.deepEqual(["-+", "--+", "---+", "---++++"].map(every), [10_000, 10_000, Infinity, 10_000]);
  assert.equal(every("-".repeat(28) + "+".repeat(22)), Infinity);
  assert.equal(every("-".repeat(29) + "+".repeat(22)), 100_000);
  assert.deepEqual(
    ["-", "---", "-+", "--+"].map((states) => isDark(nodes(states))),
    [true, true, false, false],
  );
});

const ask = (node: string, more: Partial<Asking> = {}): Asking => ({
  node,
  zone: "a",
  evicting: false,
  dark: false,
  everyMs: 10_000,
  ...more,
});

test("a zone loses its first node at once, the next after ten seconds; zones do not wait for each other", () => {
  const pace = new EvictionPace();
  assert.deepEqual(
    [0, 1000, 9999, 10_000, 10_001].map((ms) => pace.ask(ask("n"), nowMs + ms)),
    [0, 9000, 1, 0, 9999],
  );
  assert.equal(pace.ask(ask("m", { zone: "b" }), nowMs), 0);
});

test("who was asked to leave stays asked, unless all is dark; both hear of every other node's change", () => {
  const pace = new EvictionPace();
  assert.equal(pace.ask(ask("n", { evicting: true, everyMs: Infinity }), nowMs), 0);
  assert.equal(pace.ask(ask("m", { everyMs: Infinity }), nowMs), Infinity);
  assert.equal(pace.ask(ask("n", { evicting: true, dark: true }), nowMs), Infinity);
  assert.deepEqual(pace.waiting, ["n", "m"]);
  const tainted = nodeOf("Unknown", { taints: [taint(unreachable, "NoSchedule"), taint(unreachable, "NoExecute")] });
  assert.deepEqual(words(planNode(seen(tainted, 60, { evictableInMs: Infinity }), { nowMs })).at(-1), "taints unreachable:NoSchedule");
  pace.forget("m");
  assert.deepEqual(pace.waiting, ["n"]);
});

const exists = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

test("the shortest toleration counts, and one that is missing ends it at once", () => {
  const taints = [taint("a", "NoExecute"), taint("b", "NoExecute")];
  assert.equal(toleratedMs(podOf([exists("a", 5), exists("b")]), taints), 5000);
  assert.equal(toleratedMs(podOf([exists("a")]), taints), 0);
  assert.equal(toleratedMs(podOf([{ operator: "Exists" }]), taints), Infinity);
});

test("a Pod leaves when its time is up, and a taint that goes in time is told", () => {
  const pod = podOf([exists("a", 5)]);
  const taints = [taint("a", "NoExecute")];
  const plan = (secondsAgo: number): Plan =>
    planEviction({ saw: [pod], pod, taints, sinceMs: nowMs - secondsAgo * 1000, waited: false }, { nowMs });
  assert.equal(plan(2).requeueAfterMs, 3000);
  assert.deepEqual(words(plan(5)), ["TaintManagerEviction", "pods status", "delete"]);
  const [event] = planEviction({ saw: [pod], pod, taints: [], sinceMs: nowMs, waited: true }, { nowMs }).actions;
  assert.ok(event?.verb === "event");
  assert.equal(event.message, "Cancelling deletion of Pod d/p");
});

test("a node gets the lowest range that is free", () => {
  assert.equal(freeRange(new Set(["10.244.0.0/24", "10.244.2.0/24"])), "10.244.1.0/24");
});
