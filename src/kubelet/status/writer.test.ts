// The status writer: how many writes reach the API server, what they say, and what a failure leaves behind.
// Invariant: the API server is a promise that the test settles; no clock is read.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type Pod, type PodStatus } from "#api";
import type { Live, ResourceClient } from "#client";
import { StatusWriter } from "./writer.ts";

const ready = (status: "True" | "False") => ({ type: "Ready", status });
const gate = { type: "example.com/gate", status: "True" } as const;

function pod(revision: number, status: PodStatus): Live<Pod> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u", resourceVersion: String(revision), generation: 1 },
    spec: { containers: [{ name: "main" }] },
    status,
  };
}

/** A writer, and the writes it made: each waits for `answer`. */
function scene() {
  let current: Live<Pod> | undefined = pod(1, { phase: "Pending", conditions: [gate] });
  const sent: { status: Record<string, unknown>; answer: PromiseWithResolvers<Live<Pod>> }[] = [];
  const failures: unknown[] = [];
  const patch = (_namespace: unknown, _name: unknown, _type: unknown, body: unknown): Promise<Live<Pod>> => {
    const answer = Promise.withResolvers<Live<Pod>>();
    sent.push({ status: (body as { status: Record<string, unknown> }).status, answer });
    return answer.promise;
  };
  const writer = new StatusWriter({ patch } as unknown as ResourceClient<Pod>, {
    current: () => current,
    stored: (stored) => {
      current = stored;
    },
    failed: (error) => failures.push(error),
  });
  return { writer, sent, failures, pod: () => current! };
}

const running: PodStatus = { phase: "Running", conditions: [ready("True"), gate] };

test("what is wanted while a write is under way is one more write: the newest", async () => {
  const { writer, sent, pod: known } = scene();
  assert.equal(writer.tell(known(), { phase: "Pending", conditions: [ready("False"), gate] }, {}), true);
  assert.equal(writer.tell(known(), { phase: "Pending", podIP: "10.0.0.1", conditions: [ready("False"), gate] }, {}), true);
  assert.equal(writer.tell(known(), running, {}), true);
  assert.equal(writer.tell(known(), running, {}), false);
  assert.equal(sent.length, 1);
  assert.deepEqual(writer.view(known()).status, running);
  sent[0]!.answer.resolve(pod(2, { phase: "Pending", conditions: [ready("False"), gate] }));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 2);
  assert.equal(sent[1]!.status["phase"], "Running");
  assert.equal(writer.isEcho(pod(3, running)), true);
  assert.equal(writer.isEcho(pod(3, { ...running, conditions: [ready("True"), { ...gate, status: "False" }] })), false);
  sent[1]!.answer.resolve(pod(3, running));
  await writer.settled();
  assert.equal(writer.tell(known(), running, {}), false);
});

test("others' conditions are shown as they are, not as they were when we wrote", () => {
  const { writer, pod: known } = scene();
  writer.tell(known(), running, {});
  const since = writer.view(pod(2, { phase: "Pending", conditions: [{ ...gate, status: "False" }] }));
  assert.deepEqual(since.status?.conditions, [ready("True"), { ...gate, status: "False" }]);
});

test("a failure is told once and forgets what was wanted; a pod that is gone is no failure", async () => {
  const { writer, sent, failures, pod: known } = scene();
  writer.tell(known(), running, {});
  sent[0]!.answer.reject(ApiError.internal("no"));
  await assert.rejects(writer.settled());
  assert.equal(failures.length, 1);
  assert.equal(writer.view(known()), known());
  assert.equal(writer.tell(known(), running, {}), true);
  sent[1]!.answer.reject(ApiError.notFound({ group: "", resource: "pods" }, "web"));
  await writer.settled();
  assert.equal(failures.length, 1);
});
