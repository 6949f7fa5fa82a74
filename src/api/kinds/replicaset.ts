// ReplicaSets: defaults, what is valid, generation, the line in `kubectl get replicasets`.
// Invariant: the selector never changes and always matches the template's labels.
// Called by: kinds/index.ts. Next on the way: controllers' replicaset loop.

import type { ApiObject } from "../machinery/object.ts";
import type { ReplicaSet, ReplicaSetSpec } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { formatLabelSelector } from "../meta/labels.ts";
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
import { as } from "./common.ts";
import { defaultTemplate } from "./podspec/defaults.ts";
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from "./replicasetvalidation.ts";
import type { KindRules, Row } from "./rules.ts";
import { workloadRules, workloadScale } from "./workloads.ts";

function setDefaults(object: ApiObject): void {
  const view = as<ReplicaSet>(object);
  const spec = (view.spec ??= {} as ReplicaSetSpec);
  spec.replicas ??= 1;
  defaultTemplate(spec);
}

function row(object: ApiObject, nowMs: number): Row {
  const { spec, status } = as<ReplicaSet>(object);
  const cells = [
    object.metadata.name ?? "",
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(object.metadata.creationTimestamp, nowMs),
    containerNames(spec?.template),
    containerImages(spec?.template),
    formatLabelSelector(spec?.selector),
  ];
  return { cells };
}

export const replicaSet: KindRules = {
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  nameRule: "dns1123-subdomain",
  setDefaults,
  ...workloadRules("io.k8s.api.apps.v1.ReplicaSetSpec"),
  validate: (object) => validateReplicaSet(as<ReplicaSet>(object)),
  validateUpdate: (object, old) => validateReplicaSetUpdate(as<ReplicaSet>(object), as<ReplicaSet>(old)),
  validateStatusUpdate: (object) => validateReplicaSetStatus(as<ReplicaSet>(object)),
  selectableFieldNames: ["status.replicas"],
  selectableFields: (object) => ({ "status.replicas": String(as<ReplicaSet>(object).status?.replicas ?? 0) }),
  allowUnconditionalUpdate: true,
  scale: workloadScale,
  columns: [
    nameColumn,
    column("Desired", "Replicas wanted.", { type: "integer" }),
    column("Current", "Replicas that exist.", { type: "integer" }),
    column("Ready", "Replicas that are ready.", { type: "integer" }),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row,
};
