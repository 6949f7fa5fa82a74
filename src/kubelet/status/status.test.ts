// Statuses as tables: phase, waiting and terminated states, conditions, and the patch that carries the difference.
// Invariant: every row is a situation `kubectl get pods` shows in a word.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ContainerStatus, Pod } from "#api";
import { newPodMemory, type PodMemory } from "../pods/memory.ts";
import type { Backingoff } from "../pods/plan.ts";
import type { RuntimeContainer, RuntimePod } from "../pods/runtime.ts";
import { conditionsOf, phaseOf } from "./conditions.ts";
import { qosClass } from "./qos.ts";
import { podStatus, statusPatch } from "./status.ts";

const nowMs = Date.UTC(2026, 0, 1);
function pod(more: Partial<NonNullable<Pod["spec"]>> = {}, status: Pod["status"] = {}): Pod {
  const metadata = { name: "p", namespace: "n", uid: "u", generation: 2 };
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata,
    spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Always", ...more },
    status,
  };
}
const run = (state: "RUNNING" | "EXITED", attempt = 0, exitCode = 0): RuntimeContainer => ({
  id: `c${attempt}`,
  name: "c",
  attempt,
  sandboxId: "s",
  state: `CONTAINER_${state}`,
  createdAtMs: nowMs,
  startedAtMs: nowMs,
  finishedAtMs: nowMs,
  exitCode,
  reason: exitCode === 0 ? "Completed" : "Error",
  message: "",
  image: "i:1",
  imageRef: "sha256:1",
  hash: "",
});
const runtime = (...containers: RuntimeContainer[]): RuntimePod => ({
  sandboxes: [{ id: "s", attempt: 0, ready: true, createdAtMs: 0, ips: ["10.0.0.9"] }],
  containers,
});

interface Given {
  readonly pod?: Pod;
  readonly runtime?: RuntimePod;
  readonly memory?: PodMemory;
  readonly backingOff?: readonly Backingoff[];
  readonly over?: boolean;
}
const status = (given: Given) =>
  podStatus({
    pod: given.pod ?? pod(),
    runtime: given.runtime ?? runtime(),
    memory: given.memory ?? newPodMemory(),
    backingOff: given.backingOff ?? [],
    runtimeName: "containerd",
    ending: given.over ?? false,
    over: given.over ?? false,
    terminationMessage: () => "",
    nowMs,
    hostIps: ["192.0.2.1"],
  });

function word(one: ContainerStatus | undefined): string {
  const state = one?.state ?? {};
  const text = state.running ? "running" : state.terminated ? `terminated ${state.terminated.reason}` : `waiting ${state.waiting?.reason}`;
  const last = one?.lastState?.terminated ? ` last ${one.lastState.terminated.exitCode}` : "";
  return `${text}${one?.ready ? " ready" : ""} restarts ${one?.restartCount}${last}`;
}

const pulling = newPodMemory();
pulling.waiting.set("c", { reason: "ImagePullBackOff", message: "m" });
const probed: Container[] = [{ name: "c", readinessProbe: {} }];
const isReady = newPodMemory();
isReady.ready.set("c0", true);
const back = [{ container: "c", untilMs: 1, message: "back-off 10s" }];

const rows: readonly ({ name: string; phase: string; container: string } & Given)[] = [
  { name: "before anything runs", phase: "Pending", container: "waiting ContainerCreating restarts 0" },
  {
    name: "with init containers",
    pod: pod({ initContainers: [{ name: "i" }] }),
    phase: "Pending",
    container: "waiting PodInitializing restarts 0",
  },
  { name: "an image that cannot be pulled", memory: pulling, phase: "Pending", container: "waiting ImagePullBackOff restarts 0" },
  { name: "running", runtime: runtime(run("RUNNING")), phase: "Running", container: "running ready restarts 0" },
  {
    name: "running, not probed yet",
    pod: pod({ containers: probed }),
    runtime: runtime(run("RUNNING")),
    phase: "Running",
    container: "running restarts 0",
  },
  {
    name: "running, probed",
    pod: pod({ containers: probed }),
    memory: isReady,
    runtime: runtime(run("RUNNING")),
    phase: "Running",
    container: "running ready restarts 0",
  },
  { name: "ended, about to restart", runtime: runtime(run("EXITED", 0, 3)), phase: "Running", container: "terminated Error restarts 0" },
  {
    name: "in back-off",
    runtime: runtime(run("EXITED", 1, 3)),
    backingOff: back,
    phase: "Running",
    container: "waiting CrashLoopBackOff restarts 1 last 3",
  },
  {
    name: "restarted",
    runtime: runtime(run("RUNNING", 2), run("EXITED", 1, 3)),
    phase: "Running",
    container: "running ready restarts 2 last 3",
  },
  {
    name: "Never, success",
    pod: pod({ restartPolicy: "Never" }),
    runtime: runtime(run("EXITED")),
    phase: "Succeeded",
    container: "terminated Completed restarts 0",
  },
  {
    name: "Never, failure",
    pod: pod({ restartPolicy: "Never" }),
    runtime: runtime(run("EXITED", 0, 1)),
    phase: "Failed",
    container: "terminated Error restarts 0",
  },
  {
    name: "Never, success, and a sidecar still runs",
    pod: pod({ restartPolicy: "Never", initContainers: [{ name: "s", restartPolicy: "Always" }] }, { phase: "Running" }),
    runtime: runtime(run("EXITED"), { ...run("RUNNING"), id: "s0", name: "s" }),
    phase: "Running",
    container: "terminated Completed restarts 0",
  },
  {
    name: "deleted, success",
    over: true,
    runtime: runtime(run("EXITED")),
    phase: "Succeeded",
    container: "terminated Completed restarts 0",
  },
  {
    name: "deleted, killed",
    over: true,
    runtime: runtime(run("EXITED", 0, 137)),
    phase: "Failed",
    container: "terminated Error restarts 0",
  },
  {
    name: "a final phase stays",
    pod: pod({}, { phase: "Failed" }),
    runtime: runtime(run("RUNNING")),
    phase: "Failed",
    container: "running ready restarts 0",
  },
];

for (const row of rows) {
  test(`status: ${row.name}`, () => {
    const made = status(row);
    assert.equal(made.phase, row.phase);
    assert.equal(word(made.containerStatuses?.[0]), row.container);
  });
}

test("a run the runtime has lost is still told of, and the count goes on", () => {
  const known = { name: "c", containerID: "containerd://gone", restartCount: 2, ready: true, image: "", imageID: "" };
  const before = pod({}, { containerStatuses: [{ ...known, state: { running: { startedAt: "2025-01-01T00:00:00Z" } } }] });
  const made = status({ pod: before, runtime: runtime(run("RUNNING", 3)) }).containerStatuses?.[0];
  assert.equal(word(made), "running ready restarts 3 last 137");
  assert.equal(made?.lastState?.terminated?.reason, "ContainerStatusUnknown");
  const later = pod({}, { containerStatuses: [made!] });
  assert.deepEqual(status({ pod: later, runtime: runtime(run("RUNNING", 3)) }).containerStatuses?.[0]?.lastState, made?.lastState);
});

test("conditions stand in upstream's order and keep their transition time while their status stays", () => {
  const old = [
    { type: "Ready", status: "True", lastTransitionTime: "2020-01-01T00:00:00Z" },
    { type: "example.com/gate", status: "True" },
  ];
  const given = pod({}, { conditions: old });
  const regular = status({ pod: given, runtime: runtime(run("RUNNING")) }).containerStatuses ?? [];
  const phase = phaseOf(given, [], regular, false);
  const made = conditionsOf({ pod: given, phase, init: [], regular, sandboxReady: true, now: "2026-01-01T00:00:00Z" });
  assert.deepEqual(
    made.map((one) => `${one.type}=${one.status}@${one.lastTransitionTime?.slice(0, 4) ?? ""}`),
    [
      "PodReadyToStartContainers=True@2026",
      "Initialized=True@2026",
      "Ready=True@2020",
      "ContainersReady=True@2026",
      "PodScheduled=True@2026",
      "example.com/gate=True@",
    ],
  );
});

test("the patch holds only what differs, and says what is gone", () => {
  const before = status({});
  assert.equal(statusPatch(before, status({ pod: pod({}, before) })), undefined);
  const after = status({ pod: pod({}, before), runtime: runtime(run("RUNNING")) });
  const patch = statusPatch(before, after)!;
  assert.deepEqual(Object.keys(patch).sort(), ["conditions", "containerStatuses", "phase"]);
  const ready = (patch["conditions"] as { type: string }[]).find((one) => one.type === "Ready");
  assert.deepEqual(ready, {
    type: "Ready",
    observedGeneration: 2,
    status: "True",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    reason: null,
    message: null,
  });
});

test("quality of service", () => {
  const resources = (requests: Record<string, string>, limits: Record<string, string>) =>
    pod({ containers: [{ name: "c", resources: { requests, limits } }] });
  assert.equal(qosClass(pod()), "BestEffort");
  assert.equal(qosClass(resources({ cpu: "1" }, {})), "Burstable");
  assert.equal(qosClass(resources({ cpu: "1", memory: "1Gi" }, { cpu: "1000m", memory: "1024Mi" })), "Guaranteed");
});

test("a container's mounts are told from the start, what it may use once the runtime has it", () => {
  const requests = { cpu: "10m" };
  const volumeMounts = [
    { name: "v", mountPath: "/v" },
    { name: "w", mountPath: "/w", readOnly: true },
  ];
  const given = pod({ containers: [{ name: "c", image: "i", resources: { requests }, volumeMounts }] });
  const told = [
    { name: "v", mountPath: "/v" },
    { ...volumeMounts[1], recursiveReadOnly: "Disabled" },
  ];
  const [waits] = status({ pod: given }).containerStatuses!;
  assert.deepEqual([waits?.volumeMounts, waits?.resources], [told, undefined]);
  const [runs] = status({ pod: given, runtime: runtime(run("RUNNING")) }).containerStatuses!;
  assert.deepEqual([runs?.volumeMounts, runs?.resources, runs?.allocatedResources], [told, { requests }, requests]);
});
