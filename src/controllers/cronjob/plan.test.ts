// Schedules and CronJobs as tables: when something is due, what is started, what is kept.
// Invariant: times are given in words that a person can check against a calendar.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob, CronJobSpec, CronJobStatus, Job } from "#api";
import type { Live } from "#client";
import type { Plan } from "../framework/plan.ts";
import { mostRecent, planCronJob } from "./plan.ts";
import { parseSchedule, zonedTime } from "./schedule.ts";

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string => (ms === undefined ? "never" : `${new Date(ms).toISOString().slice(0, 19)}Z`);

const nexts: [schedule: string, from: string, next: string, zone?: string][] = [
  ["* * * * *", "2026-01-01T12:00:30Z", "2026-01-01T12:01:00Z"],
  ["*/15 * * * *", "2026-01-01T12:46:00Z", "2026-01-01T13:00:00Z"],
  ["5/20 9-11 * * mon-fri", "2026-01-02T11:45:00Z", "2026-01-05T09:05:00Z"],
  ["0 0 1 JAN ?", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
  ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
  ["0 0 31 2 *", "2026-01-01T00:00:00Z", "never"],
  ["0 12 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z"],
  ["0 12 13 * 5", "2026-01-10T00:00:00Z", "2026-01-13T12:00:00Z"],
  ["0 12 */2 * 5", "2026-01-02T13:00:00Z", "2026-01-03T12:00:00Z"],
  ["@hourly", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z"],
  ["@weekly", "2026-01-01T12:00:00Z", "2026-01-04T00:00:00Z"],
  ["@every 1h30m", "2026-01-01T12:00:00Z", "2026-01-01T13:30:00Z"],
  ["0 9 * * *", "2026-07-01T12:00:00Z", "2026-07-02T07:00:00Z", "Europe/Berlin"],
  ["TZ=Asia/Kolkata 0 9 * * *", "2026-07-01T12:00:00Z", "2026-07-02T03:30:00Z"],
  ["30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z", "Europe/Berlin"],
  ["30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "Europe/Berlin"],
  ["30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "Europe/Berlin"],
];

for (const [schedule, from, next, zone] of nexts) {
  test(`after ${from}, "${schedule}"${zone ? ` in ${zone}` : ""} is due at ${next}`, () => {
    assert.equal(iso(parseSchedule(schedule, zone).next(at(from))), next);
  });
}

for (const bad of ["", "* * * *", "60 * * * *", "* * * * 7", "*/0 * * * *", "5-1 * * * *", "@often", "@every soon", "a * * * *"]) {
  test(`"${bad}" is no schedule`, () => assert.throws(() => parseSchedule(bad)));
}

test("a year of missed minutes is not counted one by one", () => {
  const { dueMs, missed } = mostRecent(parseSchedule("* * * * *"), at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:30Z"));
  assert.deepEqual([iso(dueMs), missed], ["2026-01-01T00:00:00Z", 525_600]);
});

test("a time is written with its zone's offset", () => {
  assert.equal(zonedTime(at("2026-07-01T12:00:00Z"), "America/New_York"), "2026-07-01T08:00:00-04:00");
  assert.equal(zonedTime(at("2026-07-01T12:00:00Z")), "2026-07-01T12:00:00Z");
});

const nowMs = at("2026-01-01T12:00:10Z");
const minuteOfNow = at("2026-01-01T12:00:00Z") / 60_000;

function cronOf(spec: Partial<CronJobSpec>, status: CronJobStatus = {}): Live<CronJob> {
  const template = { spec: { template: { spec: { containers: [] } } } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "c", namespace: "d", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T11:00:00Z" },
    spec: { schedule: "0 * * * *", jobTemplate: template, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1, ...spec },
    status: { lastScheduleTime: "2026-01-01T11:00:00Z", ...status },
  };
}

function jobOf(minute: number, end?: "Complete" | "Failed"): Live<Job> {
  const name = `c-${minute}`;
  const time = iso(minute * 60_000);
  const conditions = end ? [{ type: end, status: "True" }] : [];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "d", uid: name, resourceVersion: "1" },
    status: { startTime: time, conditions, ...(end === "Complete" ? { completionTime: time } : {}) },
  };
}

const active = (minute: number) => ({ kind: "Job", name: `c-${minute}`, namespace: "d", uid: `c-${minute}` });
const words = (plan: Plan): string[] =>
  plan.actions.map((action) => {
    if (action.verb === "create") return `create ${action.object.metadata.name}`;
    if (action.verb === "delete") return `delete ${action.target.name}`;
    return action.verb === "event" ? action.reason : action.verb;
  });
const planOf = (cronJob: Live<CronJob>, jobs: Live<Job>[] = []): Plan => planCronJob({ saw: [cronJob], cronJob, jobs }, { nowMs });

const last = minuteOfNow - 60;
const rows: { name: string; cronJob: Live<CronJob>; jobs?: Live<Job>[]; does: string[] }[] = [
  { name: "starts what is due", cronJob: cronOf({}), does: [`create c-${minuteOfNow}`] },
  { name: "starts nothing twice", cronJob: cronOf({}), jobs: [jobOf(minuteOfNow)], does: [] },
  { name: "starts nothing before its time", cronJob: cronOf({}, { lastScheduleTime: "2026-01-01T12:00:00Z" }), does: [] },
  { name: "suspended starts nothing", cronJob: cronOf({ suspend: true }), does: [] },
  { name: "too late starts nothing", cronJob: cronOf({ startingDeadlineSeconds: 5 }), does: [] },
  {
    name: "with Forbid waits for the last one",
    cronJob: cronOf({ concurrencyPolicy: "Forbid" }, { active: [active(last)] }),
    jobs: [jobOf(last)],
    does: ["JobAlreadyActive"],
  },
  {
    name: "with Replace ends the last one",
    cronJob: cronOf({ concurrencyPolicy: "Replace" }, { active: [active(last)] }),
    jobs: [jobOf(last)],
    does: [`delete c-${last}`, `create c-${minuteOfNow}`],
  },
  {
    name: "keeps the youngest of those that are done",
    cronJob: cronOf({ suspend: true }),
    jobs: [jobOf(last - 60, "Complete"), jobOf(last, "Complete"), jobOf(last - 120, "Failed")],
    does: [`delete c-${last - 60}`],
  },
  {
    name: "tells of the end of a Job",
    cronJob: cronOf({ suspend: true }, { active: [active(last)] }),
    jobs: [jobOf(last, "Complete")],
    does: ["SawCompletedJob"],
  },
  { name: "tells of one that vanished", cronJob: cronOf({ suspend: true }, { active: [active(last)] }), does: ["MissingJob"] },
  { name: "tells of a zone that it does not know", cronJob: cronOf({ timeZone: "Europe/Atlantis" }), does: ["UnknownTimeZone"] },
  { name: "tells of a schedule that it cannot read", cronJob: cronOf({ schedule: "often" }), does: ["UnparseableSchedule"] },
];

for (const { name, cronJob, jobs, does } of rows) {
  test(`a CronJob ${name}`, () => assert.deepEqual(words(planOf(cronJob, jobs)), does));
}

test("what was started is written down in the next pass", () => {
  const [update] = planOf(cronOf({}), [jobOf(minuteOfNow)]).finish!(undefined);
  assert.ok(update?.verb === "update");
  const { status } = update.object as unknown as CronJob;
  assert.deepEqual([status?.active?.map((one) => one.name), status?.lastScheduleTime], [[`c-${minuteOfNow}`], "2026-01-01T12:00:00Z"]);
  assert.equal(planOf(cronOf({})).requeueAfterMs, 3_590_100);
});
