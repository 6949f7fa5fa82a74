// StatefulSets and DaemonSets: defaults, what is valid, generation, their lines.
// Invariant: of a StatefulSet's spec only a handful of fields may change; both always restart their pods.
// Called by: kinds/index.ts. Next on the way: templates.ts.

import { own } from "#lib";
import type { ApiObject } from "../machinery/object.ts";
import type { DaemonSet, DaemonSetSpec, StatefulSet, StatefulSetSpec } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { formatLabelSelector } from "../meta/labels.ts";
import { isDns1123Label } from "../meta/names.ts";
import { nameErrors, nonNegative } from "./checks.ts";
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
import { as, roundResourceList, sameOnWire } from "./common.ts";
import { defaultTemplate } from "./podspec/defaults.ts";
import type { KindRules } from "./rules.ts";
import { immutableSelector, validateOwnedTemplate, validateSelector } from "./templates.ts";
import { workloadRules, workloadScale } from "./workloads.ts";

const statefulType = "io.k8s.api.apps.v1.StatefulSetSpec";

function setStatefulDefaults(object: ApiObject): void {
  const spec = (as<StatefulSet>(object).spec ??= {} as StatefulSetSpec);
  spec.podManagementPolicy ||= "OrderedReady";
  const strategy = (spec.updateStrategy ??= {});
  if (!strategy.type) {
    strategy.type = "RollingUpdate";
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === "RollingUpdate" && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= "Retain";
  retention.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    // An embedded claim carries its own type on the wire.
    claim.kind ||= "PersistentVolumeClaim";
    claim.apiVersion ||= "v1";
    (claim.spec ??= {}).volumeMode ??= "Filesystem";
    (claim.status ??= {}).phase ||= "Pending";
    roundResourceList(claim.spec.resources?.requests);
    roundResourceList(claim.spec.resources?.limits);
  }
  defaultTemplate(spec);
}

/** Go's form of the strategy, as upstream's texts show it. */
function goStrategy({ type, rollingUpdate }: NonNullable<NonNullable<StatefulSet["spec"]>["updateStrategy"]>): object {
  return { Type: type ?? "", RollingUpdate: rollingUpdate ? goRolling(rollingUpdate) : null };
}

function goRolling({ partition, maxUnavailable }: { partition?: number; maxUnavailable?: unknown }): object {
  return { Partition: partition ?? 0, MaxUnavailable: maxUnavailable ?? null };
}

function validateStrategy(spec: StatefulSet["spec"]): FieldError[] {
  const { podManagementPolicy, updateStrategy } = spec ?? {};
  const errors: FieldError[] = [];
  if (podManagementPolicy !== undefined && podManagementPolicy !== "OrderedReady" && podManagementPolicy !== "Parallel")
    errors.push(fieldError.invalid("spec.podManagementPolicy", podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  if (!updateStrategy) return errors;
  const { type, rollingUpdate } = updateStrategy;
  if (type !== "RollingUpdate" && type !== "OnDelete")
    return [...errors, fieldError.invalid("spec.updateStrategy", goStrategy(updateStrategy), "must be 'RollingUpdate' or 'OnDelete'")];
  if (type === "OnDelete" && rollingUpdate) {
    const text = "only allowed for updateStrategy 'RollingUpdate'";
    errors.push(fieldError.invalid("spec.updateStrategy.rollingUpdate", goRolling(rollingUpdate), text));
  }
  if (type === "RollingUpdate") errors.push(...nonNegative("spec.updateStrategy.rollingUpdate.partition", rollingUpdate?.partition));
  return errors;
}

function validateStateful({ spec }: StatefulSet, onUpdate: boolean): FieldError[] {
  const claims = spec?.volumeClaimTemplates ?? [];
  const template = spec?.template;
  // The claims become volumes of the same name.
  const volumes = [...claims.map((claim) => ({ name: claim.metadata?.name ?? "", emptyDir: {} })), ...(template?.spec?.volumes ?? [])];
  const widened = template?.spec && claims.length > 0 ? { ...template, spec: { ...template.spec, volumes } } : template;
  const counts = [...nonNegative("spec.replicas", spec?.replicas), ...nonNegative("spec.minReadySeconds", spec?.minReadySeconds)];
  const errors = [...validateStrategy(spec), ...counts];
  if (!onUpdate && spec?.serviceName) errors.push(...nameErrors("spec.serviceName", spec.serviceName, isDns1123Label));
  return [...errors, ...validateSelector(spec?.selector, "statefulset"), ...validateOwnedTemplate(spec?.selector, widened, "StatefulSet")];
}

const changeable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

function validateStatefulUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const errors = validateStateful(set, true);
  const spec: Record<string, unknown> = { ...set.spec };
  for (const field of changeable) spec[field] = old.spec?.[field];
  if (sameOnWire(spec, old.spec, statefulType)) return errors;
  const text =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [...errors, fieldError.forbidden("spec", text)];
}

export const statefulSet: KindRules = {
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  nameRule: "dns1123-label",
  setDefaults: setStatefulDefaults,
  ...workloadRules(statefulType),
  validate: (object) => validateStateful(as<StatefulSet>(object), false),
  validateUpdate: (object, old) => validateStatefulUpdate(as<StatefulSet>(object), as<StatefulSet>(old)),
  allowUnconditionalUpdate: true,
  scale: workloadScale,
  columns: [nameColumn, column("Ready", "Replicas that are ready, of those wanted."), ageColumn, containersColumn, imagesColumn],
  row: (object, nowMs) => {
    const { spec, status } = as<StatefulSet>(object);
    const ready = `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
    const created = age(object.metadata.creationTimestamp, nowMs);
    return { cells: [object.metadata.name ?? "", ready, created, containerNames(spec?.template), containerImages(spec?.template)] };
  },
};

function setDaemonDefaults(object: ApiObject): void {
  const spec = (as<DaemonSet>(object).spec ??= {} as DaemonSetSpec);
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec);
}

function validateDaemon({ spec }: DaemonSet): FieldError[] {
  return [
    ...validateSelector(spec?.selector, "daemonset"),
    ...validateOwnedTemplate(spec?.selector, spec?.template, "DaemonSet"),
    ...nonNegative("spec.minReadySeconds", spec?.minReadySeconds),
    ...nonNegative("spec.revisionHistoryLimit", spec?.revisionHistoryLimit),
  ];
}

const templateGeneration = "deprecated.daemonset.template.generation";
const daemonRules = workloadRules("io.k8s.api.apps.v1.DaemonSetSpec");

/** An old field of the kind lives on as an annotation: how often the template has changed. */
function countTemplates(object: ApiObject, old?: ApiObject): void {
  const before = Number(own(old?.metadata.annotations, templateGeneration) ?? 0);
  const template = (of: ApiObject): object | undefined => as<DaemonSet>(of).spec?.template;
  const changed = !old || !sameOnWire(template(object), template(old), "io.k8s.api.core.v1.PodTemplateSpec");
  object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: String(changed ? before + 1 : before) };
}

const count = (name: string, description: string) => column(name, description, { type: "integer" });

export const daemonSet: KindRules = {
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  nameRule: "dns1123-subdomain",
  setDefaults: setDaemonDefaults,
  ...daemonRules,
  prepareForCreate: (object) => {
    daemonRules.prepareForCreate(object);
    countTemplates(object);
  },
  prepareForUpdate: (object, old) => {
    countTemplates(object, old);
    daemonRules.prepareForUpdate(object, old);
  },
  validate: (object) => validateDaemon(as<DaemonSet>(object)),
  validateUpdate: (object, old) => [
    ...immutableSelector(as<DaemonSet>(object).spec?.selector, as<DaemonSet>(old).spec?.selector),
    ...validateDaemon(as<DaemonSet>(object)),
  ],
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    count("Desired", "Nodes that should run a pod."),
    count("Current", "Nodes that have a pod."),
    count("Ready", "Pods that are ready."),
    count("Up-to-date", "Pods of the newest template."),
    count("Available", "Pods that have been ready long enough."),
    column("Node Selector", "Which nodes it is for."),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status } = as<DaemonSet>(object);
    const cells = [
      object.metadata.name ?? "",
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelText(spec?.template?.spec?.nodeSelector),
      age(object.metadata.creationTimestamp, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      formatLabelSelector(spec?.selector),
    ];
    return { cells };
  },
};
