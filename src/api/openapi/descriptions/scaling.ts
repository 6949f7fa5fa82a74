// What `kubectl explain` tells about scaling: the scale of things, and autoscalers.
// Invariant: keys are short type names and field names of the table; a test checks them, and that none of these types has a field without words.
// Called by: index.ts.   Next on the way: ../schema.ts.

import { condition, type Descriptions, stateful } from "./form.ts";

const autoscaler = {
  "": "Changes the number of pods as a measure goes up and down.",
  spec: "What is scaled, by which measure, between which bounds.",
  status: "What was last measured and done.",
} as const;
const bounds = {
  scaleTargetRef: "What is scaled.",
  minReplicas: "The fewest pods. 1 if left out.",
  maxReplicas: "The most pods.",
} as const;
const target = {
  "": "An object that can be scaled.",
  kind: "Its kind.",
  name: "Its name.",
  apiVersion: "Its group and version.",
} as const;
const did = {
  observedGeneration: stateful.observedGeneration,
  lastScaleTime: "When the number of pods was last changed.",
  currentReplicas: "How many pods there were at the last look.",
  desiredReplicas: "How many there should be.",
} as const;
const measures = {
  type: "Which of the others is meant: Object, Pods, Resource, ContainerResource or External.",
  object: "A number that describes one object.",
  pods: "A number that each pod tells, taken as an average.",
  resource: "Processor or memory of all containers.",
  containerResource: "Processor or memory of one container of each pod.",
  external: "A number from outside the cluster.",
} as const;
const metric = "Which number.";
const wanted = "What it should be.";
const current = "What it is.";
const resource = "cpu or memory.";

export const scaling: Descriptions = {
  "autoscaling.v1.Scale": {
    "": "The number of pods of something that can be scaled.",
    spec: "How many there should be.",
    status: "How many there are.",
  },
  "autoscaling.v1.ScaleSpec": { "": "How many pods there should be.", replicas: "The number." },
  "autoscaling.v1.ScaleStatus": {
    "": "How many pods there are.",
    replicas: "The number.",
    selector: "The selector of the pods, as text.",
  },
  "autoscaling.v1.HorizontalPodAutoscaler": autoscaler,
  "autoscaling.v1.HorizontalPodAutoscalerSpec": {
    "": "What is scaled, and between which bounds.",
    ...bounds,
    targetCPUUtilizationPercentage: "The average use of processor, in percent of what the pods ask for.",
  },
  "autoscaling.v1.CrossVersionObjectReference": target,
  "autoscaling.v1.HorizontalPodAutoscalerStatus": {
    "": "What an autoscaler last measured and did.",
    ...did,
    currentCPUUtilizationPercentage: "The average use of processor, in percent of what the pods ask for.",
  },
  "autoscaling.v2.HorizontalPodAutoscaler": autoscaler,
  "autoscaling.v2.HorizontalPodAutoscalerSpec": {
    "": "What is scaled, by which measures, and between which bounds.",
    ...bounds,
    metrics: "The measures. The one that asks for the most pods counts.",
    behavior: "How fast it goes up and down.",
  },
  "autoscaling.v2.CrossVersionObjectReference": target,
  "autoscaling.v2.MetricSpec": { "": "A measure and what it should be.", ...measures },
  "autoscaling.v2.MetricStatus": { "": "A measure and what it is.", ...measures },
  "autoscaling.v2.ObjectMetricSource": {
    "": "A number that describes one object.",
    describedObject: "The object.",
    target: wanted,
    metric,
  },
  "autoscaling.v2.ObjectMetricStatus": { "": "A number that describes one object.", describedObject: "The object.", current, metric },
  "autoscaling.v2.PodsMetricSource": { "": "A number that each pod tells.", metric, target: wanted },
  "autoscaling.v2.PodsMetricStatus": { "": "A number that each pod tells.", metric, current },
  "autoscaling.v2.ResourceMetricSource": { "": "Processor or memory.", name: resource, target: wanted },
  "autoscaling.v2.ResourceMetricStatus": { "": "Processor or memory.", name: resource, current },
  "autoscaling.v2.ContainerResourceMetricSource": {
    "": "Processor or memory of one container.",
    name: resource,
    target: wanted,
    container: "The container.",
  },
  "autoscaling.v2.ContainerResourceMetricStatus": {
    "": "Processor or memory of one container.",
    name: resource,
    current,
    container: "The container.",
  },
  "autoscaling.v2.ExternalMetricSource": { "": "A number from outside the cluster.", metric, target: wanted },
  "autoscaling.v2.ExternalMetricStatus": { "": "A number from outside the cluster.", metric, current },
  "autoscaling.v2.MetricIdentifier": { "": "A number, by name.", name: "Its name.", selector: "Which of those with this name." },
  "autoscaling.v2.MetricTarget": {
    "": "What a measure should be.",
    type: "Utilization, Value or AverageValue.",
    value: "The value itself.",
    averageValue: "The average over all pods.",
    averageUtilization: "The average over all pods, in percent of what they ask for.",
  },
  "autoscaling.v2.MetricValueStatus": {
    "": "What a measure is.",
    value: "The value itself.",
    averageValue: "The average over all pods.",
    averageUtilization: "The average over all pods, in percent of what they ask for.",
  },
  "autoscaling.v2.HorizontalPodAutoscalerBehavior": {
    "": "How fast it goes up and down.",
    scaleUp: "Up. At once and by much if left out.",
    scaleDown: "Down. After five quiet minutes if left out.",
  },
  "autoscaling.v2.HPAScalingRules": {
    "": "How fast it goes in one direction.",
    stabilizationWindowSeconds: "How far back to look for a calmer wish, so that it does not swing.",
    selectPolicy: "Which of the policies counts: Max, Min, or Disabled for none.",
    policies: "How large a step may be.",
    tolerance: "How far off a measure may be before anything is done.",
  },
  "autoscaling.v2.HPAScalingPolicy": {
    "": "How large a step may be.",
    type: "Pods or Percent.",
    value: "So many, or so many in a hundred.",
    periodSeconds: "In what time.",
  },
  "autoscaling.v2.HorizontalPodAutoscalerStatus": {
    "": "What an autoscaler last measured and did.",
    ...did,
    currentMetrics: "What was measured.",
    conditions: "What holds at the moment: AbleToScale, ScalingActive, ScalingLimited.",
  },
  "autoscaling.v2.HorizontalPodAutoscalerCondition": condition,
};
