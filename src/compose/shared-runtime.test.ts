// Two users of one runtime: neither sees the other's sandboxes, and stopping one cluster leaves the other alone.
// Invariant shown: a sandbox without our label is in no list of ours.
// Called by: npm test. Next on the way: shared-runtime.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cri, type PodSandboxConfig, simulatedCri, stopSandboxes } from "#cri";
import { ManualClock, noSpans, seededPrng } from "#lib";
import { sharedRuntime } from "./shared-runtime.ts";

const config = (name: string): PodSandboxConfig =>
  ({
    metadata: { name, uid: name, namespace: "n", attempt: 0 },
    labels: { "io.kubernetes.pod.uid": name },
    annotations: {},
    logDirectory: "",
  }) as unknown as PodSandboxConfig;
const names = async (cri: Cri): Promise<string[]> => (await cri.listPodSandbox()).map((one) => one.metadata.name).toSorted();

test("a shared runtime shows each cluster its own", async () => {
  const runtime = simulatedCri({ clock: new ManualClock(), prng: seededPrng(1), spans: noSpans, addressPrefix: "10.0.0" });
  const [a, b] = [sharedRuntime(runtime, "a"), sharedRuntime(runtime, "b")];
  await runtime.runPodSandbox(config("somebody-else"));
  await a.runPodSandbox(config("of-a"));
  await b.runPodSandbox(config("of-b"));
  assert.deepEqual([await names(a), await names(b)], [["of-a"], ["of-b"]]);
  assert.deepEqual(await a.listPodSandbox({ "io.kubernetes.pod.uid": "of-b" }), []);
  assert.deepEqual(await stopSandboxes(a, { graceSeconds: 0 }), []);
  assert.deepEqual(await names(runtime), ["of-b", "somebody-else"]);
  runtime.close();
});
