// What a node refuses, what a pod's status tells a new agent, and names that cannot be images.
// Invariant: tables; texts are upstream's.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, PodSpec } from "#api";
import { refusal, requestOf } from "./admission.ts";
import { badImageName } from "./image-name.ts";
import { newPodMemory, restoreBackoffs, restoreProbes } from "./memory.ts";

/** Which kind an object is matters to none of these. */
const kinded = { kind: "", apiVersion: "v1" };

const node: Node = {
  kind: "Node",
  apiVersion: "v1",
  metadata: { name: "n", labels: { zone: "a" } },
  spec: { taints: [{ key: "down", effect: "NoExecute" }] },
  status: { allocatable: { cpu: "2", memory: "1Gi", pods: "3" } },
};
const tolerations = [{ operator: "Exists" }];
const pod = (requests: Record<string, string>, more: Partial<PodSpec> = {}): Pod => ({
  ...kinded,
  metadata: {},
  spec: { tolerations, containers: [{ name: "c", resources: { requests } }], ...more },
});
const port = (hostPort: number, hostIP?: string): Partial<PodSpec> => ({
  containers: [{ name: "c", ports: [{ containerPort: 80, hostPort, ...(hostIP === undefined ? {} : { hostIP }) }] }],
});
const wants = (operator: string, values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator, values }] }] },
    },
  },
});

const short = (name: string, requested: number, used: number, capacity: number): string =>
  `OutOf${name}: Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
const predicate = (name: string, why: string): string => `${name}: Predicate ${name} failed: ${why}`;

const cases: readonly (readonly [name: string, pod: Pod, others: readonly Pod[], want: string | undefined])[] = [
  ["it fits", pod({ cpu: "500m", memory: "512Mi" }), [], undefined],
  ["it fits exactly", pod({ cpu: "1" }), [pod({ cpu: "1" })], undefined],
  ["not enough cpu", pod({ cpu: "1500m" }), [pod({ cpu: "1" })], short("cpu", 1500, 1000, 2000)],
  ["not enough memory", pod({ memory: "2Gi" }), [], short("memory", 2_147_483_648, 0, 1_073_741_824)],
  ["too many pods", pod({}), [pod({}), pod({}), pod({})], short("pods", 1, 3, 3)],
  [
    "another zone",
    pod({}, { nodeSelector: { zone: "b" } }),
    [],
    predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"),
  ],
  ["its zone by affinity", pod({}, wants("In", ["a", "b"])), [], undefined],
  [
    "not its zone by affinity",
    pod({}, wants("NotIn", ["a"])),
    [],
    predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"),
  ],
  [
    "a port that is taken",
    pod({}, port(80)),
    [pod({}, port(80))],
    predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"),
  ],
  ["the same port at another address", pod({}, port(80, "192.0.2.1")), [pod({}, port(80, "192.0.2.2"))], undefined],
  [
    "a taint that ends pods",
    pod({}, { tolerations: [] }),
    [],
    predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate"),
  ],
  [
    "another system",
    pod({}, { os: { name: "windows" } }),
    [],
    "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
  ],
];
for (const [name, asked, others, want] of cases) {
  test(`admission: ${name}`, () => {
    const answer = refusal(asked, others, node);
    assert.equal(answer && `${answer.reason}: ${answer.message}`, want);
  });
}

test("a pod asks for its containers and sidecars together, or for the hungriest moment of its start", () => {
  const container = (name: string, cpu: string, more: object = {}) => ({ name, resources: { requests: { cpu } }, ...more });
  const spec: PodSpec = {
    initContainers: [container("a", "100m", { restartPolicy: "Always" }), container("b", "900m")],
    containers: [container("c", "200m"), container("d", "300m")],
    overhead: { cpu: "10m" },
  };
  assert.equal(requestOf({ ...kinded, metadata: {}, spec }, "cpu"), 1010);
  assert.equal(requestOf({ ...kinded, metadata: {}, spec: { ...spec, initContainers: spec.initContainers!.slice(0, 1) } }, "cpu"), 610);
});

test("a new agent goes on with the back-offs that the status tells of", () => {
  const terminated = { exitCode: 1, finishedAt: "1970-01-01T00:01:40Z" };
  const status = (name: string, restartCount: number, waiting?: string) => ({
    name,
    restartCount,
    ready: false,
    image: "",
    imageID: "",
    lastState: { terminated },
    state: waiting === undefined ? { running: {} } : { waiting: { reason: "CrashLoopBackOff", message: waiting } },
  });
  const memory = newPodMemory();
  const containerStatuses = [
    status("told", 4, "back-off 2m40s restarting failed container=told pod=p_d(u)"),
    status("counted", 3),
    status("often", 40),
    { ...status("never", 0), lastState: {} },
  ];
  restoreBackoffs(memory, { ...kinded, metadata: {}, status: { containerStatuses } });
  assert.deepEqual(Object.fromEntries(memory.restarts), {
    told: { delayMs: 160_000, lastMs: 100_000 },
    counted: { delayMs: 40_000, lastMs: 100_000 },
    often: { delayMs: 300_000, lastMs: 100_000 },
  });
});

test("a new agent knows what was ready: no pod stops being so because its agent was restarted", () => {
  const memory = newPodMemory();
  const one = { name: "c", restartCount: 0, image: "", imageID: "", state: { running: {} } };
  restoreProbes(memory, {
    ...kinded,
    metadata: {},
    status: {
      containerStatuses: [
        { ...one, ready: true, started: true, containerID: "containerd://a" },
        { ...one, ready: false, containerID: "containerd://b" },
      ],
    },
  });
  assert.deepEqual(
    [...memory.ready, ...memory.started],
    [
      ["a", true],
      ["a", true],
    ],
  );
});

test("names of images", () => {
  const good = ["nginx", "nginx:1.2", "a.b/c/d:x_1", "localhost:5000/x@sha256:" + "a".repeat(64), "127.0.0.1:9/nope:1", "x__y/z-1"];
  for (const name of good) assert.equal(badImageName(name), undefined, name);
  const text = (name: string, why: string): string =>
    `Failed to apply default image tag "${name}": couldn't parse image name "${name}": ${why}`;
  assert.equal(badImageName("a b"), text("a b", "invalid reference format"));
  assert.equal(badImageName("Nginx"), text("Nginx", "invalid reference format: repository name must be lowercase"));
});
