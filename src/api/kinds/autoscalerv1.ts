// autoscaling/v1, the older view of an autoscaler: one number for cpu; all else stands in annotations, as upstream writes it.
// Invariant: what v2 says goes to v1 and back without loss; of the annotations only those four are ours.
// Called by: apiserver/convert.ts. Next on the way: autoscaler.ts, which is what is stored.

import type { ApiObject } from "../machinery/object.ts";
import { own } from "#lib";

const prefix = "autoscaling.alpha.kubernetes.io/";
const [metricsKey, currentKey, conditionsKey, behaviorKey] = ["metrics", "current-metrics", "conditions", "behavior"].map(
  (one) => prefix + one,
) as [string, string, string, string];

type Plain = Readonly<Record<string, unknown>>;
const fields: Readonly<Record<string, string>> = {
  Resource: "resource",
  ContainerResource: "containerResource",
  Pods: "pods",
  Object: "object",
  External: "external",
};

const cpuTarget = (metric: Plain): number | undefined => {
  const { name, target } = (metric["resource"] ?? {}) as { name?: string; target?: { averageUtilization?: number } };
  return metric["type"] === "Resource" && name === "cpu" ? target?.averageUtilization : undefined;
};

/** Go leaves out what is not there, and so does JSON.stringify. */
function oldMetric(metric: Plain, prefixed: "target" | "current"): Plain {
  const type = metric["type"] as string;
  const field = own(fields, type) ?? "";
  const source = (metric[field] ?? {}) as Plain;
  const amounts = (source[prefixed] ?? {}) as { averageUtilization?: number; averageValue?: string; value?: string };
  const { name: metricName, selector } = (source["metric"] ?? {}) as { name?: string; selector?: unknown };
  const average = { [`${prefixed}AverageValue`]: amounts.averageValue };
  const shown: Readonly<Record<string, Plain>> = {
    resource: { name: source["name"], [`${prefixed}AverageUtilization`]: amounts.averageUtilization, ...average },
    containerResource: {
      name: source["name"],
      [`${prefixed}AverageUtilization`]: amounts.averageUtilization,
      ...average,
      container: source["container"],
    },
    pods: { metricName, ...average, selector },
    object: {
      target: source["describedObject"],
      metricName,
      [`${prefixed}Value`]: amounts.value ?? "0",
      selector,
      averageValue: amounts.averageValue,
    },
    external: { metricName, metricSelector: selector, [`${prefixed}Value`]: amounts.value, ...average },
  };
  return { type, [field]: own(shown, field) };
}

function newMetric(metric: Plain, prefixed: "target" | "current"): Plain {
  const type = metric["type"] as string;
  const field = own(fields, type) ?? "";
  const source = (metric[field] ?? {}) as Readonly<Record<string, string | number | undefined>> & { selector?: unknown; target?: unknown };
  const averageUtilization = source[`${prefixed}AverageUtilization`];
  const averageValue = field === "object" ? source["averageValue"] : source[`${prefixed}AverageValue`];
  const value = field === "object" && averageValue !== undefined ? undefined : source[`${prefixed}Value`];
  const kind = averageUtilization !== undefined ? "Utilization" : averageValue !== undefined ? "AverageValue" : "Value";
  const amounts = clean({ ...(prefixed === "target" && { type: kind }), averageUtilization, averageValue, value });
  const named = source["metricName"];
  const identity = clean({ name: named, selector: field === "external" ? source["metricSelector"] : source.selector });
  return {
    type,
    [field]: clean({
      name: source["name"],
      container: source["container"],
      describedObject: field === "object" ? source.target : undefined,
      ...(named !== undefined && { metric: identity }),
      [prefixed]: amounts,
    }),
  };
}

const clean = (object: Plain): Plain => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** The annotation shows Go's internal form: capital letters, and null for what is not there. */
function oldBehavior(behavior: Plain): Plain {
  const rules = (given: unknown): unknown => {
    if (!given) return null;
    const { stabilizationWindowSeconds, selectPolicy, policies, tolerance } = given as Plain & { policies?: Plain[] };
    return {
      StabilizationWindowSeconds: stabilizationWindowSeconds ?? null,
      SelectPolicy: selectPolicy ?? null,
      Policies: policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
      Tolerance: tolerance ?? null,
    };
  };
  return { ScaleUp: rules(behavior["scaleUp"]), ScaleDown: rules(behavior["scaleDown"]) };
}

function newBehavior(behavior: Plain): Plain {
  const lower = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lower);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, one]) => one !== null);
    return Object.fromEntries(entries.map(([key, one]) => [key.charAt(0).toLowerCase() + key.slice(1), lower(one)]));
  };
  return lower(behavior) as Plain;
}

export function toAutoscalerV1(object: ApiObject): ApiObject {
  const { metrics = [], behavior, ...spec } = (object["spec"] ?? {}) as { metrics?: Plain[]; behavior?: Plain };
  const {
    currentMetrics: current,
    conditions: held,
    ...status
  } = (object["status"] ?? {}) as { currentMetrics?: Plain[] | null; conditions?: Plain[] };
  const [currentMetrics, conditions] = [current ?? [], held ?? []];
  const cpu = metrics.find((metric) => cpuTarget(metric) !== undefined);
  const others = metrics.filter((metric) => metric !== cpu);
  const used = currentMetrics.find((metric) => metric["type"] === "Resource" && (metric["resource"] as Plain)["name"] === "cpu");
  const utilization = ((used?.["resource"] as Plain | undefined)?.["current"] as Plain | undefined)?.["averageUtilization"];
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  if (others.length > 0) annotations[metricsKey] = JSON.stringify(others.map((metric) => oldMetric(metric, "target")));
  if (currentMetrics.length > 0) annotations[currentKey] = JSON.stringify(currentMetrics.map((metric) => oldMetric(metric, "current")));
  if (conditions.length > 0) {
    const shown = conditions.map(({ type, status: value, lastTransitionTime, reason, message }) =>
      clean({ type, status: value, lastTransitionTime, reason, message }),
    );
    annotations[conditionsKey] = JSON.stringify(shown);
  }
  if (behavior) annotations[behaviorKey] = JSON.stringify(oldBehavior(behavior));
  const target = cpu && cpuTarget(cpu);
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...status,
      ...(utilization !== undefined && { currentCPUUtilizationPercentage: utilization }),
    },
  };
}

function parsed(annotations: Readonly<Record<string, string>> | undefined, key: string): unknown {
  const text = own(annotations, key);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Somebody wrote nonsense there: it says nothing.
    return undefined;
  }
}

export function fromAutoscalerV1(object: ApiObject): ApiObject {
  const { annotations } = object.metadata;
  const { targetCPUUtilizationPercentage: target, ...spec } = (object["spec"] ?? {}) as { targetCPUUtilizationPercentage?: number };
  const { currentCPUUtilizationPercentage: _, ...status } = (object["status"] ?? {}) as Record<string, unknown>;
  const list = (key: string): Plain[] => {
    const found = parsed(annotations, key);
    return Array.isArray(found) ? (found as Plain[]) : [];
  };
  const metrics = list(metricsKey).map((metric) => newMetric(metric, "target"));
  if (target !== undefined) {
    metrics.push({ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: target } } });
  }
  const behavior = parsed(annotations, behaviorKey) as Plain | undefined;
  const conditions = list(conditionsKey);
  const kept = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(([key]) => ![metricsKey, currentKey, conditionsKey, behaviorKey].includes(key)),
  );
  const metadata = { ...object.metadata };
  if (Object.keys(kept).length > 0) metadata.annotations = kept;
  else delete metadata.annotations;
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata,
    spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior: newBehavior(behavior) }) },
    status: {
      desiredReplicas: 0,
      ...status,
      currentMetrics: list(currentKey).map((metric) => newMetric(metric, "current")),
      ...(conditions.length > 0 && { conditions }),
    },
  };
}
