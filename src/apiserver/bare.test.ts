// Answers without field ownership, for those who ask: agents and control loops read whole objects but never that part.
// Invariant: what is stored keeps its owners, whoever leaves them out of an update.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testServer } from "./testing.ts";

const target = "/api/v1/namespaces/default/configmaps";
const bare = { "dhow-answer": "bare" };
const json = { "content-type": "application/json" };

interface Found {
  metadata: { resourceVersion: string; managedFields?: { manager: string }[]; labels?: object };
  data?: object;
}

test("bare answers are the object without its owners, and an update made from one keeps them", async () => {
  const server = await testServer();
  const ask = async (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Found> => {
    const answer = await server.ask({ method, target: path, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(answer.status < 300, answer.text);
    assert.equal(String(answer.headers["content-length"]), String(Buffer.byteLength(answer.text)));
    return JSON.parse(answer.text) as Found;
  };
  const made = await ask("POST", `${target}?fieldManager=maker`, { ...json, ...bare }, { metadata: { name: "m" }, data: { a: "1" } });
  assert.equal(made.metadata.managedFields, undefined);
  const whole = await ask("GET", `${target}/m`, {});
  assert.deepEqual(
    whole.metadata.managedFields?.map((one) => one.manager),
    ["maker"],
  );
  assert.deepEqual(
    { ...whole, metadata: { ...whole.metadata, managedFields: undefined } },
    { ...made, metadata: { ...made.metadata, managedFields: undefined } },
  );
  const changed = { ...made, data: { a: "1", b: "2" } };
  const updated = await ask("PUT", `${target}/m?fieldManager=changer`, { ...json, ...bare }, changed);
  assert.equal(updated.metadata.managedFields, undefined);
  assert.deepEqual(updated.data, { a: "1", b: "2" });
  const after = await ask("GET", `${target}/m`, {});
  assert.equal(after.metadata.resourceVersion, updated.metadata.resourceVersion);
  assert.deepEqual(after.metadata.managedFields?.map((one) => one.manager).sort(), ["changer", "maker"]);
  const partial = await ask("GET", `${target}/m`, { ...bare, accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" });
  assert.equal(partial.metadata.managedFields?.length, 2, "other forms are as they are");
  await server.close();
});
