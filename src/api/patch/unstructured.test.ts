// What upstream's converter says of values that do not fit, as recorded from strategic patches of a Deployment.
// Invariant: the same words for the same misfit, and silence where it fits.
// Called by: npm test. Next on the way: unstructured.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { misfit } from "./unstructured.ts";

for (const [document, want] of [
  [{ spec: { replicas: "x" } }, "unrecognized type: int32"],
  [{ spec: { replicas: true } }, "unrecognized type: int32"],
  [{ spec: { replicas: 1.5 } }, "cannot convert float64 to int32"],
  [{ spec: { replicas: 2 } }, undefined],
  [{ spec: { paused: "x" } }, "unrecognized type: bool"],
  [{ spec: { paused: 1 } }, "unrecognized type: bool"],
  [{ spec: { template: "x" } }, "cannot restore struct from: string"],
  [{ spec: { template: { spec: { containers: "x" } } } }, "cannot restore slice from string"],
  [{ spec: { template: { spec: { nodeSelector: ["a"] } } } }, "cannot restore map from slice"],
  [{ spec: { template: { spec: { nodeSelector: { a: 1 } } } } }, "cannot convert int64 to string"],
  [{ spec: { template: { spec: { nodeSelector: { a: true } } } } }, "unrecognized type: string"],
  [{ spec: { template: { spec: { restartPolicy: 1 } } } }, "cannot convert int64 to v1.RestartPolicy"],
  [{ metadata: { labels: { a: { b: "c" } } } }, "unrecognized type: string"],
] as const) {
  test(`${JSON.stringify(document)} ${want ?? "fits"}`, () => {
    assert.equal(misfit(document, "io.k8s.api.apps.v1.Deployment"), want);
  });
}
