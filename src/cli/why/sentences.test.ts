// Sentences and field paths as tables: what a container's status means, who owns what a path leads to.
// Invariant shown: exit codes are explained only where certain; an item of a list is found by its merge key.
// Called by: npm test. Next on the way: containers.ts, field.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerStateTerminated, Pod } from "#api";
import type { Live } from "#client";
import { containers, ending } from "./containers.ts";
import type { Evidence } from "./evidence.ts";
import { owns, parsePath, valueAt } from "./field.ts";
import { amount, list, person, sentence } from "./words.ts";

const endings: { name: string; ended: Partial<ContainerStateTerminated>; limit?: string; want: string }[] = [
  { name: "a plain failure", ended: { exitCode: 3, reason: "Error" }, want: "it ended with exit code 3" },
  {
    name: "memory",
    ended: { exitCode: 137, reason: "OOMKilled" },
    limit: "64Mi",
    want: "it was killed because it used more memory than its limit of 64Mi",
  },
  {
    name: "memory without a limit of its own",
    ended: { exitCode: 137, reason: "OOMKilled" },
    want: "it was killed because it used more memory than it may",
  },
  { name: "a signal", ended: { exitCode: 143, reason: "Error" }, want: "it ended with exit code 143, ended by SIGTERM" },
  { name: "an unknown signal is none", ended: { exitCode: 255, reason: "Error" }, want: "it ended with exit code 255" },
  { name: "a missing command", ended: { exitCode: 127 }, want: "it ended with exit code 127, its command was not found" },
  { name: "an unusual reason is kept", ended: { exitCode: 128, reason: "StartError" }, want: "it ended with exit code 128 (StartError)" },
  { name: "last words", ended: { exitCode: 1, message: "no config\n" }, want: "it ended with exit code 1; its last words: no config" },
];
for (const { name, ended, limit, want } of endings)
  test(`an ending: ${name}`, () => assert.equal(ending(ended as ContainerStateTerminated, limit), want));

test("a restart by a failed probe: what the probe said up to the stop", () => {
  const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  const event = (reason: string, message: string, second: number): object => ({
    reason,
    message,
    lastTimestamp: at(second),
    involvedObject: { fieldPath: "spec.containers{c}" },
    metadata: {},
  });
  const events = [
    event("Unhealthy", "Liveness probe failed: no answer", 9),
    event("Killing", "Container c failed liveness probe, will be restarted", 10),
    event("Unhealthy", "Liveness probe failed: the container is going", 11),
  ];
  const status = {
    name: "c",
    restartCount: 2,
    ready: true,
    state: { running: {} },
    lastState: { terminated: { exitCode: 137, reason: "Error", finishedAt: at(11) } },
  };
  const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c" }] }, status: { containerStatuses: [status] } };
  const [finding] = containers({ events, nowMs: Date.parse(at(20)) } as unknown as Evidence, pod as unknown as Live<Pod>);
  assert.deepEqual(finding, {
    topic: "restart",
    from: "status.containerStatuses, events",
    text: "Container c was started again 2 times, the last time after it had ended 9s ago: it ended with exit code 137, ended by SIGKILL.",
    details: [
      "the node agent stopped it: Container c failed liveness probe, will be restarted (10s ago)",
      "Liveness probe failed: no answer (11s ago)",
    ],
  });
});

const object = {
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    containers: [
      { name: "a", image: "x" },
      { name: "b", image: "y" },
    ],
  },
  metadata: { labels: { "a.b/c": "1" }, finalizers: ["f/x"] },
};
const fields = {
  "f:spec": { "f:replicas": {}, "f:selector": {}, "f:containers": { 'k:{"name":"b"}': { ".": {}, "f:image": {} } } },
  "f:metadata": { "f:labels": { ".": {}, "f:a.b/c": {} }, "f:finalizers": { ".": {}, 'v:"f/x"': {} } },
};
const paths: { path: string; value: unknown; owned: boolean }[] = [
  { path: "spec.replicas", value: 3, owned: true },
  { path: "spec.paused", value: undefined, owned: false },
  { path: "spec.selector.matchLabels.app", value: "web", owned: true },
  { path: "spec.containers[1].image", value: "y", owned: true },
  { path: "spec.containers[name=b].image", value: "y", owned: true },
  { path: "spec.containers[0].image", value: "x", owned: false },
  { path: 'metadata.labels["a.b/c"]', value: "1", owned: true },
  { path: "metadata.finalizers[0]", value: "f/x", owned: true },
  { path: "__proto__.x", value: undefined, owned: false },
];
for (const { path, value, owned } of paths)
  test(`the field ${path}`, () => {
    assert.deepEqual([valueAt(object, parsePath(path)), owns(fields, object, parsePath(path))], [value, owned]);
  });

test("words", () => {
  assert.equal(person("system:serviceaccount:kube-system:job-controller"), "the job-controller");
  assert.equal(person("system:serviceaccount:kube-system:generic-garbage-collector"), "the generic-garbage-collector");
  assert.equal(person("system:serviceaccount:team:robot"), "service account team/robot");
  assert.equal(person("system:node:n1"), "the node agent of n1");
  assert.equal(list(["a", "b", "c"], 2), "a, b and 1 more");
  assert.deepEqual([amount("cpu", 1500), amount("cpu", 2000), amount("memory", 3 << 20), amount("pods", 3)], ["1500m", "2", "3Mi", "3"]);
  assert.deepEqual(["x", "x.", ""].map(sentence), ["x.", "x.", ""]);
});
