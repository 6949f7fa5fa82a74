// ReplicationControllers, the elders of ReplicaSets, and PodTemplates, which only lie there.
// Invariant: a selector that is left out is the template's labels.
// Called by: kinds/index.ts. Next on the way: replicaset.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { PodTemplate, ReplicationController } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { nonNegative, validateLabels } from "./checks.ts";
import {
  ageColumn,
  column,
  containerImages,
  containerNames,
  containersColumn,
  imagesColumn,
  labelText,
  nameColumn,
  selectorColumn,
} from "./columns.ts";
import { as, bumpGeneration, sameOnWire } from "./common.ts";
import { defaultTemplate } from "./podspec/defaults.ts";
import { validatePodTemplate } from "./podspec/validation.ts";
import type { KindRules, ScalePaths } from "./rules.ts";
import { workloadRules } from "./workloads.ts";

function setDefaults(object: ApiObject): void {
  const view = as<ReplicationController>(object);
  const spec = (view.spec ??= {});
  if (spec.template) defaultTemplate(spec);
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (labels && Object.keys(object.metadata.labels ?? {}).length === 0) object.metadata.labels = { ...labels };
  spec.replicas ??= 1;
}

function validate(object: ApiObject): FieldError[] {
  const spec = as<ReplicationController>(object).spec ?? {};
  const errors = [...nonNegative("spec.minReadySeconds", spec.minReadySeconds)];
  const selector = Object.entries(spec.selector ?? {});
  if (selector.length === 0) errors.push(fieldError.required("spec.selector"));
  errors.push(...validateLabels("spec.selector", spec.selector));
  errors.push(...nonNegative("spec.replicas", spec.replicas));
  if (!spec.template) return [...errors, fieldError.required("spec.template")];
  const labels = spec.template.metadata?.labels ?? {};
  if (selector.some(([name, value]) => !Object.hasOwn(labels, name) || labels[name] !== value)) {
    errors.push(fieldError.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  errors.push(...validatePodTemplate(spec.template, "spec.template"));
  const policy = spec.template.spec?.restartPolicy;
  if (policy !== "Always") errors.push(fieldError.notSupported("spec.template.spec.restartPolicy", policy ?? "", ["Always"]));
  return errors;
}

const scale: ScalePaths = {
  specReplicas: (object) => as<ReplicationController>(object).spec?.replicas ?? 0,
  setSpecReplicas: (object, replicas) => {
    (as<ReplicationController>(object).spec ??= {}).replicas = replicas;
  },
  statusReplicas: (object) => as<ReplicationController>(object).status?.replicas ?? 0,
  selector: (object) =>
    Object.entries(as<ReplicationController>(object).spec?.selector ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(","),
};

const common = workloadRules("io.k8s.api.core.v1.ReplicationControllerSpec");

export const replicationController: KindRules = {
  group: "",
  version: "v1",
  kind: "ReplicationController",
  nameRule: "dns1123-subdomain",
  setDefaults,
  ...common,
  prepareForCreate: (object) => {
    common.prepareForCreate(object);
    object["status"] = { replicas: 0 };
  },
  validate,
  validateUpdate: validate,
  selectableFieldNames: ["status.replicas"],
  selectableFields: (object) => ({ "status.replicas": String(as<ReplicationController>(object).status?.replicas ?? 0) }),
  allowUnconditionalUpdate: true,
  scale,
  columns: [
    nameColumn,
    column("Desired", "How many pods are wanted.", { type: "integer" }),
    column("Current", "How many there are.", { type: "integer" }),
    column("Ready", "How many of them are ready.", { type: "integer" }),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status, metadata } = as<ReplicationController>(object);
    const cells = [
      metadata?.name ?? "",
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      age(metadata?.creationTimestamp, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      labelText(spec?.selector),
    ];
    return { cells };
  },
};

export const podTemplate: KindRules = {
  group: "",
  version: "v1",
  kind: "PodTemplate",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => defaultTemplate(as<PodTemplate>(object)),
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    const template = (one: ApiObject): object | undefined => as<PodTemplate>(one).template;
    bumpGeneration(object, old, !sameOnWire(template(object), template(old), "io.k8s.api.core.v1.PodTemplateSpec"));
  },
  validate: (object) => validatePodTemplate(as<PodTemplate>(object).template, "template"),
  validateUpdate: (object) => validatePodTemplate(as<PodTemplate>(object).template, "template"),
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    { ...containersColumn, priority: 0 },
    { ...imagesColumn, priority: 0 },
    column("Pod Labels", "Labels that a pod of it would have."),
  ],
  row: (object) => {
    const { template, metadata } = as<PodTemplate>(object);
    return { cells: [metadata?.name ?? "", containerNames(template), containerImages(template), labelText(template?.metadata?.labels)] };
  },
};
