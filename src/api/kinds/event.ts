// Events: what happened to an object, told for an hour. Two API groups show the same stored thing.
// Invariant: the line shows the last sighting first; selectors go by the involved object, under each group's own names.
// Called by: kinds/index.ts. Next on the way: client's recorder.

import type { ApiObject } from "../machinery/object.ts";
import type { EventsV1Event, Event as CoreEvent, ObjectReference } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { byteLength } from "../meta/gotext.ts";
import { isQualifiedName } from "../meta/names.ts";
import { column } from "./columns.ts";
import { as } from "./common.ts";
import type { Column, KindRules, Row } from "./rules.ts";

const columns: readonly Column[] = [
  column("Last Seen", "Time since it happened last."),
  column("Type", "Normal or Warning."),
  column("Reason", "Why, in one word."),
  column("Object", "What it happened to."),
  column("Subobject", "Which part of it.", { wide: true }),
  column("Source", "Who saw it.", { wide: true }),
  column("Message", "What happened, for people."),
  column("First Seen", "Time since it happened first.", { wide: true }),
  column("Count", "How often it happened.", { wide: true }),
  column("Name", "Name of the event.", { wide: true, name: true }),
];

interface Told {
  readonly involved: ObjectReference | undefined;
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  readonly count?: number | undefined;
  readonly message?: string | undefined;
  readonly component?: string | undefined;
  readonly host?: string | undefined;
  readonly controller?: string | undefined;
  readonly instance?: string | undefined;
}

function told(object: ApiObject): Told {
  if (object.apiVersion === "events.k8s.io/v1") {
    const event = as<EventsV1Event>(object);
    return {
      involved: event.regarding,
      first: event.deprecatedFirstTimestamp,
      last: event.deprecatedLastTimestamp,
      count: event.deprecatedCount,
      message: event.note,
      component: event.deprecatedSource?.component,
      host: event.deprecatedSource?.host,
      controller: event.reportingController,
      instance: event.reportingInstance,
    };
  }
  const event = as<CoreEvent>(object);
  return {
    involved: event.involvedObject,
    first: event.firstTimestamp,
    last: event.lastTimestamp,
    count: event.count,
    message: event.message,
    component: event.source?.component,
    host: event.source?.host,
    controller: event.reportingComponent,
    instance: event.reportingInstance,
  };
}

function row(object: ApiObject, nowMs: number): Row {
  const { type, reason, eventTime, series } = as<CoreEvent>(object);
  const event = told(object);
  const first = age(event.first || eventTime, nowMs);
  const last = series ? age(series.lastObservedTime, nowMs) : event.last ? age(event.last, nowMs) : first;
  const count = series ? (series.count ?? 0) : event.count || 1;
  const kind = (event.involved?.kind ?? "").toLowerCase();
  const instance = event.host || event.instance;
  const source = `${event.component || event.controller || ""}${instance ? `, ${instance}` : ""}`;
  const cells = [
    last,
    type ?? "",
    reason ?? "",
    event.involved?.name ? `${kind}/${event.involved.name}` : kind,
    event.involved?.fieldPath ?? "",
    source,
    (event.message ?? "").trim(),
    first,
    count,
    object.metadata.name ?? "",
  ];
  return { cells };
}

const parts = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] as const;

function selectable(object: ApiObject, prefix: string, reporter: string): Record<string, string> {
  const event = told(object);
  const { type, reason } = as<CoreEvent>(object);
  const fields: Record<string, string> = {
    reason: reason ?? "",
    [reporter]: event.controller ?? "",
    type: type ?? "",
    source: event.component || event.controller || "",
  };
  for (const part of parts) fields[`${prefix}.${part}`] = event.involved?.[part] ?? "";
  return fields;
}

function validate(object: ApiObject): FieldError[] {
  const { eventTime, action, reason } = as<CoreEvent>(object);
  const event = told(object);
  const namespace = event.involved?.namespace ?? "";
  const own = object.metadata.namespace ?? "";
  const errors: FieldError[] = [];
  // Objects without a namespace have their events in `default`.
  const fits = namespace === "" ? own === "default" || (eventTime ? own === "kube-system" : own === "") : !!eventTime || namespace === own;
  if (!fits) errors.push(fieldError.invalid("involvedObject.namespace", namespace, "does not match event.namespace"));
  if (!eventTime) return errors;
  // Events with a time of their own come from newer recorders, which must say who they are.
  const reporter = object.apiVersion === "v1" ? "reportingComponent" : "reportingController";
  if (!event.controller) errors.push(fieldError.required(reporter));
  for (const complaint of isQualifiedName(event.controller ?? ""))
    errors.push(fieldError.invalid(reporter, event.controller ?? "", complaint));
  if (!event.instance) errors.push(fieldError.required("reportingInstance"));
  if (!action) errors.push(fieldError.required("action"));
  if (!reason) errors.push(fieldError.required("reason"));
  const limits: [string, string | undefined, number][] = [
    ["reportingInstance", event.instance, 128],
    ["action", action, 128],
    ["reason", reason, 128],
    ["message", event.message, 1024],
  ];
  for (const [field, text, limit] of limits) {
    if (byteLength(text ?? "") > limit) errors.push(fieldError.invalid(field, "", `can have at most ${limit} characters`));
  }
  return errors;
}

function rules(group: string, prefix: string, reporter: string): KindRules {
  const names = (of: string): string[] => parts.map((part) => `${of}.${part}`);
  return {
    group,
    version: "v1",
    kind: "Event",
    nameRule: "dns1123-subdomain",
    validate,
    validateUpdate: validate,
    selectableFieldNames: [...names(prefix), "reason", reporter, "source", "type"],
    selectableFields: (object) => selectable(object, prefix, reporter),
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: true,
    columns,
    row,
  };
}

export const event: KindRules = rules("", "involvedObject", "reportingComponent");
export const eventsV1Event: KindRules = rules("events.k8s.io", "regarding", "reportingController");
