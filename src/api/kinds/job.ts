// Jobs and CronJobs: defaults, the selector a Job makes for itself, their lines.
// Invariant: a Job's pods carry its uid in their labels unless it says manualSelector; template and completions hardly change.
// Called by: kinds/index.ts. Next on the way: podspec/validation.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { CronJob, CronJobSpec, Job, JobSpec } from "../machinery/types.gen.ts";
import { isConditionTrue } from "../meta/conditions.ts";
import { cronProblem, isTimeZone } from "../meta/cron.ts";
import { age, humanDuration } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { formatLabelSelector } from "../meta/labels.ts";
import { nonNegative } from "./checks.ts";
import {
  ageColumn,
  column,
  containerImages,
  containerNames,
  containersColumn,
  imagesColumn,
  nameColumn,
  selectorColumn,
} from "./columns.ts";
import { as, sameOnWire } from "./common.ts";
import { defaultTemplate } from "./podspec/defaults.ts";
import { validatePodTemplate } from "./podspec/validation.ts";
import type { KindRules, Row } from "./rules.ts";
import { workloadRules } from "./workloads.ts";

function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
}

function setJobDefaults(object: ApiObject): void {
  const job = as<Job>(object);
  const spec = (job.spec ??= {} as JobSpec);
  defaultJobSpec(spec);
  defaultTemplate(spec);
  const labels = spec.template?.metadata?.labels;
  // The very same map, as upstream has it: what creation adds to the one shows in the other.
  if (labels && Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = labels;
}

/** Pods are found by the job's uid, under an old and a new label. */
function makeSelector(object: ApiObject): void {
  const { spec } = as<Job>(object);
  const uid = object.metadata.uid;
  if (!spec?.template || spec.manualSelector || !uid) return;
  const metadata = (spec.template.metadata ??= {});
  const name = object.metadata.name ?? "";
  const shared = metadata.labels !== undefined && metadata.labels === object.metadata.labels;
  metadata.labels = {
    ...metadata.labels,
    "controller-uid": uid,
    "job-name": name,
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
  };
  if (shared) object.metadata.labels = { ...metadata.labels };
  spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, "batch.kubernetes.io/controller-uid": uid } };
}

function validateJobSpec(spec: JobSpec | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] as const) {
    errors.push(...nonNegative(`${field}.${name}`, spec?.[name]));
  }
  errors.push(...validatePodTemplate(spec?.template, `${field}.template`));
  const policy = spec?.template?.spec?.restartPolicy;
  if (policy === "Always") errors.push(fieldError.required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (policy !== "OnFailure" && policy !== "Never") {
    errors.push(fieldError.notSupported(`${field}.template.spec.restartPolicy`, policy ?? "", ["OnFailure", "Never"]));
  }
  return errors;
}

function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const errors = validateJobSpec(job.spec, "spec");
  const [now, then] = [job.spec, old.spec];
  if (now?.completionMode !== "Indexed" && now?.completions !== then?.completions) {
    errors.push(fieldError.invalid("spec.completions", now?.completions ?? null, "field is immutable"));
  }
  if (!sameOnWire(now?.selector, then?.selector, "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector")) {
    errors.push(fieldError.invalid("spec.selector", now?.selector ?? null, "field is immutable"));
  }
  if (!then?.suspend && !sameOnWire(now?.template, then?.template, "io.k8s.api.core.v1.PodTemplateSpec")) {
    errors.push(fieldError.invalid("spec.template", now?.template ?? null, "field is immutable"));
  }
  return errors;
}

const states = ["Complete", "Failed"] as const;
const laterStates = ["Suspended", "FailureTarget", "SuccessCriteriaMet"] as const;

function jobRow(object: ApiObject, nowMs: number): Row {
  const { spec, status } = as<Job>(object);
  const holds = (type: string): boolean => isConditionTrue(status?.conditions, type);
  const deleted = object.metadata.deletionTimestamp ? "Terminating" : undefined;
  const state = states.find(holds) ?? deleted ?? laterStates.find(holds) ?? "Running";
  const parallelism = spec?.parallelism ?? 0;
  const of = spec?.completions === undefined ? (parallelism > 1 ? `1 of ${parallelism}` : "1") : String(spec.completions);
  const started = status?.startTime ? Date.parse(status.startTime) : undefined;
  const ended = status?.completionTime ? Date.parse(status.completionTime) : nowMs;
  const cells = [
    object.metadata.name ?? "",
    state,
    `${status?.succeeded ?? 0}/${of}`,
    started === undefined ? "" : humanDuration(ended - started),
    age(object.metadata.creationTimestamp, nowMs),
    containerNames(spec?.template),
    containerImages(spec?.template),
    formatLabelSelector(spec?.selector),
  ];
  return { cells };
}

const jobRules = workloadRules("io.k8s.api.batch.v1.JobSpec");

export const job: KindRules = {
  group: "batch",
  version: "v1",
  kind: "Job",
  nameRule: "dns1123-subdomain",
  setDefaults: setJobDefaults,
  ...jobRules,
  prepareForCreate: (object) => {
    jobRules.prepareForCreate(object);
    makeSelector(object);
  },
  validate: (object) => validateJobSpec(as<Job>(object).spec, "spec"),
  validateUpdate: (object, old) => validateJobUpdate(as<Job>(object), as<Job>(old)),
  selectableFieldNames: ["status.successful"],
  selectableFields: (object) => ({ "status.successful": String(as<Job>(object).status?.succeeded ?? 0) }),
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Status", "How the job stands."),
    column("Completions", "Pods that finished well, of those wanted."),
    column("Duration", "How long it has run."),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row: jobRow,
};

function setCronDefaults(object: ApiObject): void {
  const spec = (as<CronJob>(object).spec ??= {} as CronJobSpec);
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= {};
  defaultTemplate((spec.jobTemplate.spec ??= {} as JobSpec));
}

function scheduleErrors(spec: CronJobSpec | undefined): FieldError[] {
  const schedule = spec?.schedule ?? "";
  const errors: FieldError[] = [];
  const problem = cronProblem(schedule);
  if (schedule === "") errors.push(fieldError.required("spec.schedule"));
  else if (schedule.includes("TZ")) {
    errors.push(fieldError.invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
  } else if (problem !== undefined) errors.push(fieldError.invalid("spec.schedule", schedule, problem));
  const zone = spec?.timeZone;
  if (zone === "") errors.push(fieldError.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string"));
  else if (zone?.toLowerCase() === "local")
    errors.push(
      fieldError.invalid("spec.timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
    );
  else if (zone !== undefined && !isTimeZone(zone)) errors.push(fieldError.invalid("spec.timeZone", zone, `unknown time zone ${zone}`));
  return errors;
}

function validateCron({ spec, metadata }: CronJob): FieldError[] {
  const errors: FieldError[] = [];
  if ((metadata?.name ?? "").length > 52)
    errors.push(fieldError.invalid("metadata.name", metadata?.name, "must be no more than 52 characters"));
  errors.push(...scheduleErrors(spec));
  const policies = ["Allow", "Forbid", "Replace"];
  if (!policies.includes(spec?.concurrencyPolicy ?? "")) {
    errors.push(fieldError.notSupported("spec.concurrencyPolicy", spec?.concurrencyPolicy ?? "", policies));
  }
  for (const name of ["successfulJobsHistoryLimit", "failedJobsHistoryLimit", "startingDeadlineSeconds"] as const) {
    errors.push(...nonNegative(`spec.${name}`, spec?.[name]));
  }
  return [...errors, ...validateJobSpec(spec?.jobTemplate?.spec, "spec.jobTemplate.spec")];
}

export const cronJob: KindRules = {
  group: "batch",
  version: "v1",
  kind: "CronJob",
  nameRule: "dns1123-subdomain",
  setDefaults: setCronDefaults,
  ...workloadRules("io.k8s.api.batch.v1.CronJobSpec"),
  validate: (object) => validateCron(as<CronJob>(object)),
  validateUpdate: (object) => validateCron(as<CronJob>(object)),
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Schedule", "When it runs."),
    column("Timezone", "Whose clock the schedule means."),
    column("Suspend", "Whether it is paused.", { type: "boolean" }),
    column("Active", "Jobs that run now.", { type: "integer" }),
    column("Last Schedule", "Time since it ran last."),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status } = as<CronJob>(object);
    const template = spec?.jobTemplate?.spec;
    const suspend = spec?.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False";
    const cells = [
      object.metadata.name ?? "",
      spec?.schedule ?? "",
      spec?.timeZone ?? "<none>",
      suspend,
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? age(status.lastScheduleTime, nowMs) : "<none>",
      age(object.metadata.creationTimestamp, nowMs),
      containerNames(template?.template),
      containerImages(template?.template),
      formatLabelSelector(template?.selector),
    ];
    return { cells };
  },
};
