// DELETE of a collection in the trace: a span for the request, and one below it for each object that it deleted.
// Invariant shown: an event's cause is the span of its own object's deletion, so that nothing is blamed on the last one of the collection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { spanOfPart } from "./cause.ts";
import { created, testServer } from "./testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";

test("each object of a deleted collection has a span of its own, which the store names as the cause", async () => {
  const server = await testServer();
  for (const name of ["a", "b", "c"]) await created(server, maps, { metadata: { name, labels: { app: name === "b" ? "other" : "this" } } });
  server.spans.spans.length = 0;
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await server.ask({ method: "DELETE", target: `${maps}?labelSelector=app%3Dthis`, headers });
  const [whole, ...parts] = server.spans.spans;
  assert.equal(whole?.parentSpanId, "00f067aa0ba902b7");
  assert.equal(whole.attributes["key"], "/registry/configmaps/default/");
  assert.deepEqual(
    parts.map(({ name, parentSpanId, attributes: { key, user } }) => ({ name, parentSpanId, key, user })),
    ["a", "c"].map((name) => ({
      name: "DELETE configmaps",
      parentSpanId: whole.spanId,
      key: `/registry/configmaps/default/${name}`,
      user: "admin",
    })),
  );
  for (const part of [whole, ...parts]) assert.equal(part.traceId, traceId);
  for (const { spanId, attributes } of parts) assert.equal(server.store.causeOf(attributes["revision"] as never)?.spanId, spanId);
  assert.equal(new Set([whole, ...parts].map(({ spanId }) => spanId)).size, 3);
  await server.close();
});

test("a collection of which nothing is deleted leaves no span", async () => {
  const server = await testServer();
  server.spans.spans.length = 0;
  await server.ask({ method: "DELETE", target: `${maps}?labelSelector=app%3Dnobody` });
  assert.deepEqual(server.spans.spans, []);
  await server.close();
});

test("spans of parts are counted on from the request's, around the end and past all zeros", () => {
  assert.equal(spanOfPart("00f067aa0ba902b7", 1), "00f067aa0ba902b8");
  assert.equal(spanOfPart("fffffffffffffffe", 3), "0000000000000001");
  assert.equal(spanOfPart("ffffffffffffffff", 1), "0000000000000001");
});
