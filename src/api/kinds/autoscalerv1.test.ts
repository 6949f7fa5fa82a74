// The two views of one autoscaler, as a reference server showed them.
// Invariant: v2 to v1 gives upstream's annotations letter for letter; back again nothing is lost.
// Called by: npm test. Next on the way: autoscalerv1.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ApiObject } from "../machinery/object.ts";
import { fromAutoscalerV1, toAutoscalerV1 } from "./autoscalerv1.ts";

const folder = join(import.meta.dirname, "../../../conformance/defaults");
const full = JSON.parse(readFileSync(join(folder, "horizontalpodautoscaler.full.out.json"), "utf8")) as ApiObject;

// Recorded: what the same object is under autoscaling/v1.
const metrics =
  '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}},{"type":"ContainerResource","containerResource":{"name":"cpu","targetAverageUtilization":60,"container":"c"}},{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"1k"}},{"type":"Object","object":{"target":{"kind":"Service","name":"s"},"metricName":"o","targetValue":"10"}},{"type":"External","external":{"metricName":"e","metricSelector":{"matchLabels":{"a":"b"}},"targetAverageValue":"3"}}]';
const behavior =
  '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":2,"PeriodSeconds":30}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}';

test("the older view keeps in annotations what it has no fields for", () => {
  const old = toAutoscalerV1(full);
  const prefix = "autoscaling.alpha.kubernetes.io/";
  assert.deepEqual(old.metadata.annotations, { [`${prefix}metrics`]: metrics, [`${prefix}behavior`]: behavior });
  assert.equal((old["spec"] as { targetCPUUtilizationPercentage: number }).targetCPUUtilizationPercentage, 50);
  assert.deepEqual(old["status"], { currentReplicas: 0, desiredReplicas: 0 });
});

test("there and back, the metric for cpu comes last and all else is as it was", () => {
  const back = fromAutoscalerV1(toAutoscalerV1(full));
  const spec = full["spec"] as { metrics: unknown[] };
  const [cpu, ...others] = spec.metrics;
  assert.deepEqual(back["spec"], { ...spec, metrics: [...others, cpu] });
  assert.equal(back.metadata.annotations, undefined);
});

test("an annotation of nonsense says nothing", () => {
  const annotations = { "autoscaling.alpha.kubernetes.io/metrics": "{", mine: "stays" };
  const object = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "a", annotations },
    spec: { maxReplicas: 1 },
  };
  const back = fromAutoscalerV1(object as ApiObject);
  assert.deepEqual(back["spec"], { maxReplicas: 1 });
  assert.deepEqual(back.metadata.annotations, { mine: "stays" });
});
