// Namespaces: the label that carries the name, the finalizer that lets the content go first, two phases.
// Invariant: every namespace starts Active with the finalizer `kubernetes`; only /finalize changes spec.finalizers.
// Called by: kinds/index.ts. Next on the way: controllers' namespace loop.

import type { ApiObject } from "../machinery/object.ts";
import type { Namespace } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { fieldError } from "../meta/fielderrors.ts";
import { isQualifiedName } from "../meta/names.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, keep } from "./common.ts";
import type { KindRules } from "./rules.ts";

function setDefaults(object: ApiObject): void {
  const { name } = object.metadata;
  if (name) object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": name };
  const status = (as<Namespace>(object).status ??= {});
  status.phase ||= "Active";
}

function prepareForCreate(object: ApiObject): void {
  // A generated name is known only now.
  setDefaults(object);
  const view = as<Namespace>(object);
  view.status = { phase: "Active" };
  const finalizers = view.spec?.finalizers ?? [];
  view.spec = { ...view.spec, finalizers: finalizers.includes("kubernetes") ? finalizers : [...finalizers, "kubernetes"] };
}

function prepareForUpdate(object: ApiObject, old: ApiObject): void {
  keep(object, old, "status");
  keep(object, old, "spec");
}

export const namespace: KindRules = {
  group: "",
  version: "v1",
  kind: "Namespace",
  nameRule: "dns1123-label",
  setDefaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: (object) =>
    (as<Namespace>(object).spec?.finalizers ?? []).flatMap((finalizer) => {
      const field = "spec.finalizers";
      const complaints = isQualifiedName(finalizer).map((complaint) => fieldError.invalid(field, finalizer, complaint));
      if (complaints.length > 0 || finalizer.includes("/") || finalizer === "kubernetes") return complaints;
      return [fieldError.invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")];
    }),
  validateStatusUpdate: (object) => {
    const phase = as<Namespace>(object).status?.phase;
    if (object.metadata.deletionTimestamp) {
      return phase === "Terminating"
        ? []
        : [fieldError.invalid("status.Phase", phase ?? "", "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }
    return phase === "Active"
      ? []
      : [fieldError.invalid("status.Phase", phase ?? "", "may only be 'Active' if `deletionTimestamp` is empty")];
  },
  selectableFieldNames: ["status.phase", "name"],
  selectableFields: (object) => ({ "status.phase": as<Namespace>(object).status?.phase ?? "", name: object.metadata.name ?? "" }),
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Status", "Active, or Terminating while its content goes."), ageColumn],
  row: (object, nowMs) => ({
    cells: [object.metadata.name ?? "", as<Namespace>(object).status?.phase ?? "", age(object.metadata.creationTimestamp, nowMs)],
  }),
};
