// A Job's passes as tables: the sizes, the counting, and the ways in which it ends. The stories are those of a real controller manager.
// Invariant: a story feeds each pass what the one before has written; nothing is carried out.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobSpec, Pod } from "#api";
import type { Live } from "#client";
import type { Action, Plan } from "../framework/plan.ts";
import { planExpiry } from "../ttlafterfinished.ts";
import { Indexes, indexAnnotation, matchSuccessPolicy } from "./indexes.ts";
import { planJob } from "./plan.ts";
import { backoffLeftMs, judgeFailure, trackingFinalizer } from "./podfailure.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

function jobOf(spec: Partial<JobSpec>, status: Job["status"] = {}): Live<Job> {
  const template = { spec: { containers: [{ name: "c", image: "x" }], restartPolicy: "Never" } };
  const defaults = { parallelism: 1, backoffLimit: 6, selector: { matchLabels: { job: "j" } }, template };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "d", uid: "u", resourceVersion: "5" },
    spec: { ...defaults, ...spec },
    status,
  };
}

interface Row {
  name: string;
  phase?: string;
  tracked?: boolean;
  index?: number;
  exit?: number;
  deleting?: boolean;
  endedAgo?: number;
}

function podOf({ name, phase = "Running", tracked = true, index, exit = 0, deleting, endedAgo = 100 }: Row): Live<Pod> {
  const ended = phase === "Succeeded" || phase === "Failed";
  const terminated = { exitCode: exit, finishedAt: ago(endedAgo) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "d",
      uid: name,
      resourceVersion: "1",
      labels: { job: "j" },
      creationTimestamp: ago(500),
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "j", uid: "u", controller: true }],
      ...(tracked ? { finalizers: [trackingFinalizer] } : {}),
      ...(index === undefined ? {} : { annotations: { [indexAnnotation]: String(index) } }),
      ...(deleting ? { deletionTimestamp: ago(1) } : {}),
    },
    spec: { containers: [] },
    status: {
      phase,
      ...(ended
        ? { containerStatuses: [{ name: "c", ready: false, restartCount: 0, image: "", imageID: "", state: { terminated } }] }
        : {}),
    },
  };
}

const planOf = (job: Live<Job>, rows: readonly Row[], atMs = nowMs): Plan =>
  planJob({ saw: [job], job, pods: rows.map(podOf) }, { nowMs: atMs });

const flat = (actions: readonly Action[]): Action[] =>
  actions.flatMap((action) => (action.verb === "batch" ? flat(action.actions) : [action]));

function words(actions: readonly Action[]): string[] {
  return flat(actions).map((action) => {
    if (action.verb === "create") return `create ${action.object.metadata.generateName}`;
    if (action.verb === "delete") return `delete ${action.target.name}`;
    if (action.verb === "patch") return `untrack ${action.target.name}`;
    return action.verb === "event" ? action.reason : action.verb;
  });
}

function statusOf(plan: Plan): NonNullable<Job["status"]> {
  const update = flat(plan.finish?.(undefined) ?? []).find((action) => action.verb === "update");
  assert.ok(update?.verb === "update", "the pass writes a status");
  return (update.object as unknown as Job).status!;
}

const sizes: { name: string; spec: Partial<JobSpec>; pods?: Row[]; status?: Job["status"]; does: string[] }[] = [
  { name: "starts as many as may run at once", spec: { completions: 5, parallelism: 2 }, does: ["create j-", "create j-"] },
  {
    name: "starts no more than completions are missing",
    spec: { completions: 3, parallelism: 3 },
    status: { succeeded: 2 },
    does: ["create j-"],
  },
  {
    name: "without completions adds nothing after the first success",
    spec: { parallelism: 2 },
    pods: [{ name: "a", phase: "Succeeded" }, { name: "b" }],
    does: [],
  },
  {
    name: "takes away what is too much, uncounted",
    spec: { completions: 9, parallelism: 1 },
    pods: [{ name: "a" }, { name: "b", phase: "Pending" }],
    does: ["untrack b", "delete b"],
  },
  { name: "suspended, runs nothing", spec: { completions: 1, suspend: true }, pods: [{ name: "a" }], does: ["untrack a", "delete a"] },
  {
    name: "indexed, starts the lowest missing indexes",
    spec: { completions: 4, parallelism: 2, completionMode: "Indexed" },
    status: { completedIndexes: "0" },
    pods: [{ name: "a", index: 2 }],
    does: ["create j-1-"],
  },
  {
    name: "indexed, takes away a doubled index and a wrong one",
    spec: { completions: 2, parallelism: 2, completionMode: "Indexed" },
    pods: [
      { name: "a", index: 0 },
      { name: "b", index: 0, phase: "Pending" },
      { name: "c", index: 7 },
    ],
    does: ["untrack c", "untrack b", "delete c", "delete b"],
  },
  {
    name: "waits before it replaces a Pod that has just failed",
    spec: { completions: 1 },
    pods: [{ name: "a", phase: "Failed", endedAgo: 1 }],
    does: [],
  },
  {
    name: "replaces it after ten seconds",
    spec: { completions: 1 },
    pods: [{ name: "a", phase: "Failed", endedAgo: 11 }],
    does: ["create j-"],
  },
  {
    name: "with a failure policy waits for the end of a Pod that terminates",
    spec: { completions: 1, podFailurePolicy: { rules: [] } },
    pods: [{ name: "a", deleting: true }],
    does: [],
  },
  {
    name: "past its backoff limit, ends what runs",
    spec: { completions: 2, parallelism: 2, backoffLimit: 0 },
    pods: [{ name: "a", phase: "Failed" }, { name: "b" }],
    does: ["delete b"],
  },
];

for (const { name, spec, pods = [], status, does } of sizes) {
  test(`a Job ${name}`, () => assert.deepEqual(words(planOf(jobOf(spec, status), pods).actions), does));
}

test("a success is counted in three steps and never twice", () => {
  const spec = { completions: 1 };
  const first = planOf(jobOf(spec, { startTime: ago(50) }), [{ name: "a", phase: "Succeeded" }]);
  const noted = statusOf(first);
  assert.deepEqual(noted.uncountedTerminatedPods, { succeeded: ["a"] });
  assert.deepEqual([noted.succeeded, noted.conditions?.map((one) => one.type)], [0, ["SuccessCriteriaMet"]]);
  assert.deepEqual(words(first.finish!(undefined)), ["update", "untrack a"]);
  const second = planOf(jobOf(spec, noted), [{ name: "a", phase: "Succeeded", tracked: false }]);
  const ended = statusOf(second);
  assert.deepEqual([ended.succeeded, ended.uncountedTerminatedPods, ended.completionTime], [1, {}, "2026-01-01T12:00:00Z"]);
  assert.deepEqual(
    ended.conditions?.map((one) => one.type),
    ["SuccessCriteriaMet", "Complete"],
  );
  assert.deepEqual(words(second.finish!(undefined)), ["update", "Completed"]);
  const third = planOf(jobOf(spec, ended), []);
  assert.deepEqual([third.actions, third.decision], [[], "the Job has finished"]);
});

test("a crash between the status and the finalizer costs nothing: the Pod is still among the uncounted", () => {
  const status = { startTime: ago(50), uncountedTerminatedPods: { failed: ["a"] }, active: 1, ready: 0, terminating: 0 };
  const again = planOf(jobOf({ completions: 1 }, status), [{ name: "a", phase: "Failed" }, { name: "b" }]);
  assert.deepEqual(words(again.finish!(undefined)), ["untrack a"]);
});

test("the verdict waits for the Pods that still terminate", () => {
  const status = { startTime: ago(50), conditions: [{ type: "FailureTarget", status: "True", reason: "R", message: "m" }] };
  const waiting = statusOf(planOf(jobOf({ completions: 1 }, status), [{ name: "a", deleting: true, tracked: false }]));
  assert.deepEqual([waiting.terminating, waiting.conditions?.length], [1, 1]);
  const ended = statusOf(planOf(jobOf({ completions: 1 }, status), []));
  assert.deepEqual(
    ended.conditions?.map((one) => `${one.type} ${one.reason}`),
    ["FailureTarget R", "Failed R"],
  );
});

test("the deadline counts from the start, and the plan says when to look again", () => {
  const spec = { completions: 1, activeDeadlineSeconds: 60 };
  const plan = planOf(jobOf(spec, { startTime: ago(20) }), [{ name: "a" }]);
  assert.equal(plan.requeueAfterMs, 40_000);
  const late = planOf(jobOf(spec, { startTime: ago(60) }), [{ name: "a" }]);
  assert.equal(statusOf(late).conditions?.[0]?.reason, "DeadlineExceeded");
});

test("a refused create ends nothing and leaves the numbers as they were seen", () => {
  const plan = planOf(jobOf({ completions: 2, parallelism: 2 }), []);
  const update = plan.finish!({ message: "no" } as never)[0];
  assert.ok(update?.verb === "update");
  assert.equal((update.object as unknown as Job).status?.active, 0);
});

test("indexes are written in intervals", () => {
  assert.equal(new Indexes([4, 0, 1, 2, 7, 8]).toString(), "0-2,4,7,8");
  assert.equal(Indexes.parse("0-2,4,7,8,x", 8).toString(), "0-2,4,7");
});

test("the success policy takes the first rule that holds", () => {
  const rules = [{ succeededIndexes: "0,5" }, { succeededCount: 2 }];
  assert.equal(matchSuccessPolicy({ rules }, 9, new Indexes([0, 5])), "Matched rules at index 0");
  assert.equal(matchSuccessPolicy({ rules }, 9, new Indexes([1, 2])), "Matched rules at index 1");
  assert.equal(matchSuccessPolicy({ rules }, 9, new Indexes([1])), undefined);
});

test("the failure policy: first rule that matches, in upstream's words", () => {
  const rules = [
    { action: "Ignore", onExitCodes: { operator: "In", values: [7] } },
    { action: "FailJob", onExitCodes: { operator: "NotIn", values: [8] } },
  ];
  const judge = (exit: number) => judgeFailure(jobOf({ podFailurePolicy: { rules } }), podOf({ name: "a", phase: "Failed", exit }));
  assert.deepEqual(judge(7), { counts: false, action: "Ignore" });
  assert.deepEqual(judge(8), { counts: true });
  assert.equal(judge(9).failJob, "Container c for pod d/a failed with exit code 9 matching FailJob rule at index 1");
});

test("the wait doubles with every failure, up to ten minutes", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 7, 99].map((failures) => backoffLeftMs(failures, nowMs, nowMs) / 1000),
    [0, 10, 20, 40, 600, 600],
  );
});

test("a finished Job goes when its time is up", () => {
  const conditions = [{ type: "Complete", status: "True", lastTransitionTime: ago(20) }];
  const job = (ttlSecondsAfterFinished: number) => jobOf({ ttlSecondsAfterFinished }, { conditions });
  assert.equal(planExpiry({ saw: [], job: job(30) }, { nowMs }).requeueAfterMs, 10_000);
  assert.deepEqual(words(planExpiry({ saw: [], job: job(20) }, { nowMs }).actions), ["delete j"]);
});
