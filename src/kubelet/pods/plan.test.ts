// planPod as a table: what runs and what is wanted on the left, what is to be done on the right.
// Invariant: every row's name is the rule it shows.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod } from "#api";
import { goDuration, newPodMemory, nextBackoff, type PodMemory, restartAtMs } from "./memory.ts";
import { type PodPlan, planPod } from "./plan.ts";
import type { RuntimeContainer, RuntimePod, RuntimeSandbox } from "./runtime.ts";

const nowMs = 1_000_000;

function pod(spec: Partial<NonNullable<Pod["spec"]>> = {}, more: Partial<Pod> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  const containers: Container[] = [{ name: "c", image: "i" }];
  const meta = { name: "p", namespace: "n", uid: "u", ...metadata };
  return { kind: "Pod", apiVersion: "v1", metadata: meta, spec: { containers, restartPolicy: "Always", ...spec }, ...more };
}
const debugged = (spec: Partial<NonNullable<Pod["spec"]>> = {}, status: Pod["status"] = {}): Pod =>
  pod({ ephemeralContainers: [{ name: "d", image: "i", targetContainerName: "c" }], ...spec }, { status });
const sandbox = (id: string, ready: boolean, attempt = 0): RuntimeSandbox => ({
  id,
  ready,
  attempt,
  createdAtMs: attempt,
  ips: ["10.0.0.1"],
});
function run(name: string, state: "CREATED" | "RUNNING" | "EXITED", more: Partial<RuntimeContainer> = {}): RuntimeContainer {
  return {
    id: `${name}${more.attempt ?? 0}`,
    name,
    attempt: 0,
    sandboxId: "s",
    state: `CONTAINER_${state}`,
    createdAtMs: 0,
    startedAtMs: 1,
    finishedAtMs: nowMs - 1000,
    exitCode: 0,
    reason: "",
    message: "",
    image: "i",
    imageRef: "i",
    hash: "",
    ...more,
  };
}
const up = [sandbox("s", true)];
const runtime = (containers: RuntimeContainer[], sandboxes: RuntimeSandbox[] = up): RuntimePod => ({ sandboxes, containers });

function words(plan: PodPlan): string {
  const done = plan.actions.map((action) => {
    switch (action.do) {
      case "createSandbox":
        return `sandbox#${action.attempt}`;
      case "startContainer":
        return `start ${action.container.name}#${action.attempt}`;
      case "stopContainer":
        return `stop ${action.container.id} in ${action.graceSeconds}s${action.after ? ` after ${action.after.join(" ")}` : ""}`;
      case "stopSandbox":
      case "removeSandbox":
      case "removeContainer":
        return `${action.do} ${action.id}`;
    }
  });
  const fails = plan.failure ? [`Failed: ${plan.failure.reason}`] : [];
  const waits = plan.backingOff.map((one) => `back off ${one.container} until +${one.untilMs - nowMs}`);
  return [...done, ...waits, ...fails, ...(plan.finished ? ["finished"] : [])].join("; ");
}

interface Row {
  readonly name: string;
  readonly pod?: Pod | undefined;
  readonly orphan?: boolean;
  readonly runtime: RuntimePod;
  readonly memory?: (memory: PodMemory) => void;
  readonly want: string;
}

const two: Container[] = [{ name: "c" }, { name: "d" }];
const init: Container[] = [{ name: "i" }, { name: "j" }];
const sidecar: Container[] = [{ name: "s", restartPolicy: "Always" }];
const deleting = pod({}, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" });

const rows: readonly Row[] = [
  { name: "a new pod gets a sandbox", runtime: runtime([], []), want: "sandbox#0" },
  {
    name: "a sandbox that ended is replaced under the next attempt",
    runtime: runtime([], [sandbox("s", false, 2)]),
    want: "stopSandbox s; sandbox#3",
  },
  {
    name: "what still runs beside a dead sandbox is stopped first",
    runtime: runtime([run("c", "RUNNING")], [sandbox("s", false)]),
    want: "stop c0 in 0s; stopSandbox s; sandbox#1",
  },
  { name: "all containers start in order", pod: pod({ containers: two }), runtime: runtime([]), want: "start c#0; start d#0" },
  { name: "what runs is left alone", runtime: runtime([run("c", "RUNNING")]), want: "" },
  { name: "a container that was created and never started is started", runtime: runtime([run("c", "CREATED")]), want: "start c#0" },
  { name: "Always restarts a success", runtime: runtime([run("c", "EXITED")]), want: "start c#1" },
  {
    name: "a second failure waits out its back-off",
    runtime: runtime([run("c", "EXITED", { exitCode: 1, attempt: 1 })]),
    memory: (memory) => memory.restarts.set("c", { delayMs: 10_000, lastMs: nowMs - 5000 }),
    want: "back off c until +9000",
  },
  {
    name: "after the back-off it starts",
    runtime: runtime([run("c", "EXITED", { exitCode: 1, attempt: 1, finishedAtMs: nowMs - 10_000 })]),
    memory: (memory) => memory.restarts.set("c", { delayMs: 10_000, lastMs: nowMs - 20_000 }),
    want: "start c#2",
  },
  {
    name: "OnFailure leaves a success, restarts a failure",
    pod: pod({ restartPolicy: "OnFailure", containers: two }),
    runtime: runtime([run("c", "EXITED"), run("d", "EXITED", { exitCode: 2 })]),
    want: "start d#1",
  },
  {
    name: "Never: all ended, the sandbox goes",
    pod: pod({ restartPolicy: "Never" }),
    runtime: runtime([run("c", "EXITED")]),
    want: "stopSandbox s",
  },
  {
    name: "Never: ended, nothing left to stop",
    pod: pod({ restartPolicy: "Never" }),
    runtime: runtime([run("c", "EXITED")], [sandbox("s", false)]),
    want: "finished",
  },
  { name: "the first init container comes alone", pod: pod({ initContainers: init }), runtime: runtime([]), want: "start i#0" },
  { name: "while it runs nothing else starts", pod: pod({ initContainers: init }), runtime: runtime([run("i", "RUNNING")]), want: "" },
  { name: "then the second", pod: pod({ initContainers: init }), runtime: runtime([run("i", "EXITED")]), want: "start j#0" },
  {
    name: "then the containers",
    pod: pod({ initContainers: init }),
    runtime: runtime([run("i", "EXITED"), run("j", "EXITED")]),
    want: "start c#0",
  },
  {
    name: "a failed init container is tried again",
    pod: pod({ initContainers: init }),
    runtime: runtime([run("i", "EXITED", { exitCode: 1 })]),
    want: "start i#1",
  },
  {
    name: "a failed init container under Never ends the pod",
    pod: pod({ initContainers: init, restartPolicy: "Never" }),
    runtime: runtime([run("i", "EXITED", { exitCode: 1 })]),
    want: "stopSandbox s",
  },
  {
    name: "init containers run again in a new sandbox",
    pod: pod({ initContainers: init }),
    runtime: runtime([run("i", "EXITED", { sandboxId: "old" })]),
    want: "start i#1",
  },
  {
    name: "a sidecar that runs lets the others go on",
    pod: pod({ initContainers: sidecar }),
    runtime: runtime([run("s", "RUNNING")]),
    want: "start c#0",
  },
  {
    name: "a sidecar that ended is restarted beside the containers",
    pod: pod({ initContainers: sidecar }),
    runtime: runtime([run("c", "RUNNING"), run("s", "EXITED")]),
    want: "start s#1",
  },
  {
    name: "a sidecar with a startup probe holds the others until that has succeeded",
    pod: pod({ initContainers: [{ ...sidecar[0]!, startupProbe: { exec: { command: ["true"] } } }] }),
    runtime: runtime([run("s", "RUNNING")]),
    want: "",
  },
  {
    name: "at the end sidecars wait for the containers, and each for the one after it",
    pod: pod({ initContainers: [...sidecar, { name: "t", restartPolicy: "Always" }], containers: two }, {}, deleting.metadata),
    runtime: runtime([run("c", "RUNNING"), run("d", "EXITED"), run("s", "RUNNING"), run("t", "RUNNING")]),
    want: "stop c0 in 5s; stop s0 in 5s after c t; stop t0 in 5s after c",
  },
  {
    name: "a pod that this node does not take gets nothing",
    runtime: runtime([], []),
    memory: (memory) => {
      memory.refused = { reason: "OutOfcpu", message: "" };
    },
    want: "Failed: OutOfcpu; finished",
  },
  {
    name: "when its deadline has come a pod is stopped",
    pod: pod({ activeDeadlineSeconds: 10 }, { status: { startTime: new Date(nowMs - 10_000).toISOString() } }),
    runtime: runtime([run("c", "RUNNING")]),
    want: "stop c0 in 5s; Failed: DeadlineExceeded",
  },
  {
    name: "and not before",
    pod: pod({ activeDeadlineSeconds: 11 }, { status: { startTime: new Date(nowMs - 10_000).toISOString() } }),
    runtime: runtime([run("c", "RUNNING")]),
    want: "",
  },
  {
    name: "an unhealthy container is stopped",
    runtime: runtime([run("c", "RUNNING")]),
    memory: (memory) => memory.unhealthy.set("c", "why"),
    want: "stop c0 in 5s",
  },
  {
    name: "a container whose image was changed is stopped",
    runtime: runtime([run("c", "RUNNING", { hash: "other" })]),
    want: "stop c0 in 5s",
  },
  {
    name: "and runs again, whatever the restart policy says",
    pod: pod({ restartPolicy: "Never" }),
    runtime: runtime([run("c", "EXITED", { hash: "other", exitCode: 143 })]),
    want: "start c#1",
  },
  { name: "deletion stops what runs, with the grace given", pod: deleting, runtime: runtime([run("c", "RUNNING")]), want: "stop c0 in 5s" },
  { name: "then the sandbox", pod: deleting, runtime: runtime([run("c", "EXITED")]), want: "stopSandbox s" },
  { name: "then nothing is left", pod: deleting, runtime: runtime([run("c", "EXITED")], [sandbox("s", false)]), want: "finished" },
  { name: "a pod deleted before it ran is finished at once", pod: deleting, runtime: runtime([], []), want: "finished" },
  { name: "an orphan is taken down", orphan: true, runtime: runtime([run("c", "RUNNING")]), want: "stop c0 in 5s" },
  {
    name: "an older dead run is removed, the newest one kept for its log",
    runtime: runtime([run("c", "RUNNING", { attempt: 3 }), run("c", "EXITED", { attempt: 2 }), run("c", "EXITED", { attempt: 1 })]),
    want: "removeContainer c1",
  },
  {
    name: "a second live sandbox, left by a crash, goes",
    runtime: runtime([], [sandbox("s2", true, 1), sandbox("s", true)]),
    want: "stopSandbox s",
  },
  {
    name: "a failed sandbox is not tried before its time",
    runtime: runtime([], []),
    memory: (memory) => {
      memory.sandboxRetry = { delayMs: 1000, untilMs: nowMs + 1000 };
    },
    want: "",
  },
  {
    name: "a run the runtime has lost still counts",
    pod: pod(
      {},
      { status: { containerStatuses: [{ name: "c", containerID: "x://1", restartCount: 4, image: "", imageID: "", ready: true }] } },
    ),
    runtime: runtime([]),
    want: "start c#5",
  },
  { name: "a look inside starts beside what runs", pod: debugged(), runtime: runtime([run("c", "RUNNING")]), want: "start d#0" },
  {
    name: "a look inside does not wait for what comes first",
    pod: debugged({ initContainers: [{ name: "i", image: "i" }] }),
    runtime: runtime([run("i", "RUNNING")]),
    want: "start d#0",
  },
  {
    name: "a look inside is taken once",
    pod: debugged(),
    runtime: runtime([run("c", "RUNNING"), run("d", "EXITED", { exitCode: 1 })]),
    want: "",
  },
  {
    name: "a look inside that the runtime has forgotten is not taken again",
    pod: debugged(
      {},
      { ephemeralContainerStatuses: [{ name: "d", containerID: "x://1", restartCount: 0, image: "", imageID: "", ready: false }] },
    ),
    runtime: runtime([run("c", "RUNNING")]),
    want: "",
  },
  {
    name: "a look inside keeps no pod alive",
    pod: debugged({ restartPolicy: "Never" }),
    runtime: runtime([run("c", "EXITED"), run("d", "RUNNING")]),
    want: "stop d0 in 5s",
  },
];

for (const row of rows) {
  test(`plan: ${row.name}`, () => {
    const memory = newPodMemory();
    row.memory?.(memory);
    const input = { pod: row.orphan ? undefined : (row.pod ?? pod()), runtime: row.runtime, memory, nowMs, graceSeconds: 5 };
    assert.equal(words(planPod(input)), row.want);
  });
}

test("back-off: 10 s, doubled to 5 min, forgotten after 10 min without a failure", () => {
  let entry = nextBackoff(undefined, 0);
  const delays = [entry.delayMs];
  for (let index = 1; index < 7; index++) {
    entry = nextBackoff(entry, entry.lastMs + entry.delayMs);
    delays.push(entry.delayMs);
  }
  assert.deepEqual(delays, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  assert.equal(restartAtMs(entry, entry.lastMs + 600_001), undefined);
  assert.equal(restartAtMs(entry, entry.lastMs + 1000), entry.lastMs + 301_000);
  assert.deepEqual([10_000, 80_000, 300_000].map(goDuration), ["10s", "1m20s", "5m0s"]);
});
