// HorizontalPodAutoscalers, as autoscaling/v2 has them: how many copies something should have, by what is measured.
// Invariant: without metrics, 80 % of the requested cpu; a behaviour that says something of one direction has all of that direction.
// Called by: kinds/index.ts. Next on the way: autoscalerv1.ts, the older view of the same object.

import type { ApiObject } from "../machinery/object.ts";
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  HorizontalPodAutoscaler,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  ObjectMetricSource,
} from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isPathSegment } from "../meta/names.ts";
import { nameErrors } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, keep } from "./common.ts";
import type { KindRules } from "./rules.ts";

const cpuByDefault = 80;

function defaultRules(
  rules: HPAScalingRules | undefined,
  policies: HPAScalingPolicy[],
  windowSeconds: number | undefined,
): HPAScalingRules {
  const out: HPAScalingRules = { ...rules };
  if (out.stabilizationWindowSeconds === undefined && windowSeconds !== undefined) out.stabilizationWindowSeconds = windowSeconds;
  out.selectPolicy ??= "Max";
  if (!out.policies?.length) out.policies = policies;
  return out;
}

function setDefaults(object: ApiObject): void {
  const spec = as<HorizontalPodAutoscaler>(object).spec;
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: "Utilization", averageUtilization: cpuByDefault };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  if (!spec.behavior) return;
  const up: HPAScalingPolicy[] = [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ];
  spec.behavior.scaleUp = defaultRules(spec.behavior.scaleUp, up, 0);
  spec.behavior.scaleDown = defaultRules(spec.behavior.scaleDown, [{ type: "Percent", value: 100, periodSeconds: 15 }], undefined);
}

type Source = Partial<ContainerResourceMetricSource & ExternalMetricSource & ObjectMetricSource>;
const sourceNames: Readonly<Record<string, keyof MetricSpec>> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

function metricErrors(metric: MetricSpec, field: string): FieldError[] {
  const missing = metric.type ? [] : [fieldError.required(`${field}.type`, "must specify a metric source type")];
  const name = Object.hasOwn(sourceNames, metric.type) ? sourceNames[metric.type] : undefined;
  if (!name) {
    // Said twice, as upstream does: once by the type, once by the union.
    const unsupported = fieldError.notSupported(`${field}.type`, metric.type || "", Object.keys(sourceNames));
    return [...missing, unsupported, unsupported];
  }
  const source = metric[name] as Source | undefined;
  if (!source) {
    const text = "must populate information for the given metric source";
    return [fieldError.required(`${field}.${name}`, text)];
  }
  return targetErrors(source.target, `${field}.${name}.target`, name);
}

function targetErrors(target: MetricTarget | undefined, field: string, of: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!target?.type) errors.push(fieldError.required(`${field}.type`, "must specify a metric target type"));
  if (!["Utilization", "Value", "AverageValue"].includes(target?.type ?? "")) {
    errors.push(fieldError.invalid(`${field}.type`, target?.type ?? "", "must be either Utilization, Value, or AverageValue"));
  }
  if (target?.averageUtilization !== undefined && target.averageUtilization < 1) {
    errors.push(fieldError.invalid(`${field}.averageUtilization`, target.averageUtilization, "must be greater than 0"));
  }
  const { averageUtilization, averageValue, value } = target ?? {};
  if ((of === "resource" || of === "containerResource") && averageUtilization === undefined && averageValue === undefined) {
    errors.push(fieldError.required(`${field}.averageUtilization`, "must set either a target raw value or a target utilization"));
  }
  if (of === "pods" && averageValue === undefined) {
    errors.push(fieldError.required(`${field}.averageValue`, "must specify a positive target averageValue"));
  }
  if (of === "object" && value === undefined && averageValue === undefined) {
    errors.push(fieldError.required(`${field}.averageValue`, "must set either a target value or averageValue"));
  }
  if (of === "external" && value === undefined && averageValue === undefined) {
    errors.push(fieldError.required(`${field}.averageValue`, "must set either a target value for metric or a per-pod target"));
  }
  return errors;
}

function validateScaler(object: ApiObject): FieldError[] {
  const spec = as<HorizontalPodAutoscaler>(object).spec;
  const errors: FieldError[] = [];
  const { minReplicas, scaleTargetRef } = spec ?? {};
  const maxReplicas = spec?.maxReplicas ?? 0;
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(fieldError.invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  }
  if (maxReplicas < 1) errors.push(fieldError.required("spec.maxReplicas", "must be set and greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(fieldError.invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  const field = "spec.scaleTargetRef";
  if (!scaleTargetRef?.kind) errors.push(fieldError.required(`${field}.kind`));
  else errors.push(...nameErrors(`${field}.kind`, scaleTargetRef.kind, isPathSegment));
  if (!scaleTargetRef?.name) errors.push(fieldError.required(`${field}.name`));
  else errors.push(...nameErrors(`${field}.name`, scaleTargetRef.name, isPathSegment));
  const apiVersion = scaleTargetRef?.apiVersion ?? "";
  if (apiVersion === "" && scaleTargetRef?.kind !== "ReplicationController") {
    errors.push(fieldError.invalid(`${field}.apiVersion`, apiVersion, "apiVersion must specify API group"));
  }
  (spec?.metrics ?? []).forEach((metric, i) => errors.push(...metricErrors(metric, `spec.metrics[${i}]`)));
  if (minReplicas === 0 && !(spec?.metrics ?? []).some(({ type }) => type === "Object" || type === "External")) {
    errors.push(
      fieldError.forbidden("spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas"),
    );
  }
  return [
    ...errors,
    ...behaviorErrors(spec?.behavior?.scaleUp, "spec.behavior.scaleUp"),
    ...behaviorErrors(spec?.behavior?.scaleDown, "spec.behavior.scaleDown"),
  ];
}

function behaviorErrors(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (!rules) return [];
  const errors: FieldError[] = [];
  const windowSeconds = rules.stabilizationWindowSeconds ?? 0;
  if (windowSeconds < 0)
    errors.push(fieldError.invalid(`${field}.stabilizationWindowSeconds`, windowSeconds, "must be greater than or equal to zero"));
  if (windowSeconds > 3600) {
    errors.push(fieldError.invalid(`${field}.stabilizationWindowSeconds`, windowSeconds, "must be less than or equal to 3600"));
  }
  const select = ["Disabled", "Max", "Min"];
  if (rules.selectPolicy !== undefined && !select.includes(rules.selectPolicy)) {
    errors.push(fieldError.notSupported(`${field}.selectPolicy`, rules.selectPolicy, select));
  }
  if (!rules.policies?.length) errors.push(fieldError.required(`${field}.policies`, "must specify at least one Policy"));
  (rules.policies ?? []).forEach(({ type, value, periodSeconds }, i) => {
    const at = `${field}.policies[${i}]`;
    if (!["Percent", "Pods"].includes(type)) errors.push(fieldError.notSupported(`${at}.type`, type, ["Percent", "Pods"]));
    if (value <= 0) errors.push(fieldError.invalid(`${at}.value`, value, "must be greater than zero"));
    if (periodSeconds <= 0) errors.push(fieldError.invalid(`${at}.periodSeconds`, periodSeconds, "must be greater than zero"));
    if (periodSeconds > 1800) errors.push(fieldError.invalid(`${at}.periodSeconds`, periodSeconds, "must be less than or equal to 1800"));
  });
  return errors;
}

const unknown = "<unknown>";

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  const name = Object.hasOwn(sourceNames, metric.type) ? sourceNames[metric.type] : undefined;
  if (!name) return "<unknown type>";
  const source = metric[name] as (Source & { name?: string }) | undefined;
  const found = status?.[name as keyof MetricStatus] as
    | { current?: { averageValue?: string; value?: string; averageUtilization?: number } }
    | undefined;
  const current = found?.current;
  const { averageValue, value, averageUtilization } = source?.target ?? ({} as Partial<MetricTarget>);
  if (name === "resource" || name === "containerResource") {
    if (averageValue !== undefined) return `${source?.name}: ${found ? (current?.averageValue ?? "0") : unknown}/${averageValue}`;
    const used = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
    return `${source?.name}: ${used}/${averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`}`;
  }
  if (name === "pods") return `${found ? (current?.averageValue ?? "0") : unknown}/${averageValue ?? "0"}`;
  if (averageValue !== undefined) return `${current?.averageValue ?? unknown}/${averageValue} (avg)`;
  return `${found ? (current?.value ?? "0") : unknown}/${value ?? "0"}`;
}

function metricsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const texts = metrics.map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const shown = texts.slice(0, 2).join(", ");
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown;
}

export const horizontalPodAutoscaler: KindRules = {
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  nameRule: "dns1123-subdomain",
  setDefaults,
  prepareForCreate: (object) => {
    object["status"] = { desiredReplicas: 0, currentMetrics: [] };
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateScaler,
  validateUpdate: validateScaler,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Reference", "What it scales."),
    column("Targets", "What is measured, of what is wanted."),
    column("MinPods", "Never fewer."),
    column("MaxPods", "Never more."),
    column("Replicas", "How many there are."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const view = as<HorizontalPodAutoscaler>(object);
    const { spec, status, metadata } = view;
    const cells = [
      metadata?.name ?? "",
      `${spec?.scaleTargetRef?.kind ?? ""}/${spec?.scaleTargetRef?.name ?? ""}`,
      metricsText(view),
      spec?.minReplicas === undefined ? "<unset>" : String(spec.minReplicas),
      spec?.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      age(metadata?.creationTimestamp, nowMs),
    ];
    return { cells };
  },
};
