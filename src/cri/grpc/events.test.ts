// Events of both services become ours: which topics count, and that an exec's end is not a container's.
// Invariant: encodes with the committed descriptors, so a wrong field number fails here.
// Called by: npm test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import protobuf from "protobufjs";
import { fromContainerEvent, fromEnvelope } from "./events.ts";

const root = protobuf.Root.fromJSON(
  JSON.parse(readFileSync(new URL("../descriptors.gen.json", import.meta.url), "utf8")) as protobuf.INamespace,
);
const decode = (name: string, bytes: Uint8Array) => {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number, enums: String, defaults: true }) as Record<string, unknown>;
};
/** As the wire has it: field numbers by hand, so that the table is checked and not merely agreed with. */
const exit = (container: string, id: string, status: number): Buffer =>
  Buffer.concat([
    Buffer.from([0x0a, container.length]),
    Buffer.from(container),
    Buffer.from([0x12, id.length]),
    Buffer.from(id),
    Buffer.from([0x18, 7, 0x20, status]),
  ]);
const envelope = (topic: string, value: Uint8Array, namespace = "k8s.io") => ({ topic, namespace, event: { typeUrl: "x", value } });

test("containerd's envelopes", () => {
  const from = (one: ReturnType<typeof envelope>) => fromEnvelope(one, decode);
  assert.deepEqual(from(envelope("/tasks/exit", exit("abc", "abc", 3))), { kind: "stopped", containerId: "abc", exitCode: 3 });
  assert.deepEqual(from(envelope("/tasks/exit", exit("abc", "exec1", 0))), { kind: "execStopped", containerId: "abc", execId: "exec1" });
  assert.equal(from(envelope("/tasks/exit", exit("abc", "abc", 3), "moby")), undefined);
  assert.deepEqual(from(envelope("/tasks/oom", Buffer.from([0x0a, 1, 0x61]))), { kind: "oom", containerId: "a" });
  assert.deepEqual(from(envelope("/containers/delete", Buffer.from([0x0a, 1, 0x61]))), { kind: "deleted", containerId: "a" });
  assert.equal(from(envelope("/tasks/delete", Buffer.alloc(0))), undefined);
});

test("GetContainerEvents", () => {
  const statuses = [{ id: "a", exitCode: 9 }];
  const message = { containerId: "a", containerEventType: "CONTAINER_STOPPED_EVENT", containersStatuses: statuses };
  assert.deepEqual(fromContainerEvent(message), { kind: "stopped", containerId: "a", exitCode: 9 });
  assert.deepEqual(fromContainerEvent({ ...message, containerEventType: "CONTAINER_CREATED_EVENT" }), {
    kind: "created",
    containerId: "a",
  });
});
