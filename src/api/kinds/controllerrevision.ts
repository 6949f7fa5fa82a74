// ControllerRevisions: how a StatefulSet or DaemonSet looked at some time, as bytes.
// Invariant: the data never changes, byte for byte; only its number and metadata do.
// Called by: kinds/index.ts. Next on the way: controllers/statefulset, controllers/daemonset.

import type { ApiObject } from "../machinery/object.ts";
import { RawJson } from "../machinery/raw.ts";
import type { ControllerRevision } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { nonNegative } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as } from "./common.ts";
import type { KindRules } from "./rules.ts";

function validateNumber(object: ApiObject): FieldError[] {
  return nonNegative("revision", as<ControllerRevision>(object).revision);
}

function textOf(object: ApiObject): string | undefined {
  const { data } = as<{ data?: unknown }>(object);
  return data instanceof RawJson ? data.text : undefined;
}

function validate(object: ApiObject): FieldError[] {
  const text = textOf(object);
  const errors = validateNumber(object);
  if (text === undefined || text === "null") return [...errors, fieldError.required("data", "data is mandatory")];
  return text.startsWith("{") ? errors : [...errors, fieldError.required("data", "data must be a valid JSON object")];
}

function controllerOf(object: ApiObject): string {
  const owner = (object.metadata.ownerReferences ?? []).find(({ controller }) => controller);
  if (!owner) return "<none>";
  const group = (owner.apiVersion ?? "").includes("/") ? `.${owner.apiVersion!.split("/")[0]}` : "";
  return `${(owner.kind ?? "").toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevision: KindRules = {
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  nameRule: "dns1123-subdomain",
  validate,
  validateUpdate: (object, old) => [
    ...validateNumber(object),
    ...(textOf(object) === textOf(old)
      ? []
      : [fieldError.invalid("data", as<{ data?: unknown }>(object).data ?? null, "field is immutable")]),
  ],
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Controller", "Whose past it is."), column("Revision", "Its number among the revisions."), ageColumn],
  row: (object, nowMs) => {
    const { revision } = as<ControllerRevision>(object);
    return { cells: [object.metadata.name ?? "", controllerOf(object), revision, age(object.metadata.creationTimestamp, nowMs)] };
  },
};
