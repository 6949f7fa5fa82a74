// A list that is too long for one piece: its items are those that a get shows, byte for byte, in the order of their keys.
// Invariant: one server, one story.
// Called by: npm test. Next on the way: listbody.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { created, testServer } from "../testing.ts";

test("a long list is its head, its items and its end", async () => {
  const server = await testServer();
  try {
    await created(server, "/api/v1/namespaces", { metadata: { name: "long" } });
    const path = "/api/v1/namespaces/long/configmaps";
    for (let index = 0; index < 80; index++) {
      const labels = index % 2 === 0 ? { labels: { even: "yes" } } : {};
      await created(server, path, { metadata: { name: `c${100 + index}`, ...labels }, data: { text: `${index} é `.repeat(3000) } });
    }
    for (const query of ["", "?labelSelector=even"]) {
      const { status, text } = await server.ask({ method: "GET", target: path + query });
      assert.equal(status, 200);
      assert.ok(text.length > 256 << 10, "long enough for several pieces");
      const list = JSON.parse(text) as { kind: string; items: { metadata: { name: string; resourceVersion: string } }[] };
      assert.equal(list.kind, "ConfigMapList");
      assert.equal(list.items.length, query === "" ? 80 : 40);
      let at = text.indexOf('"items":[') + '"items":['.length;
      for (const [index, { metadata }] of list.items.entries()) {
        const one = await server.ask({ method: "GET", target: `${path}/${metadata.name}` });
        const item = `${index > 0 ? "," : ""}${one.text.replace('"kind":"ConfigMap","apiVersion":"v1",', "")}`;
        assert.equal(text.slice(at, at + item.length), item, metadata.name);
        at += item.length;
      }
      assert.equal(text.slice(at), "]}");
    }
  } finally {
    await server.close();
  }
});
