// Our table of resources against what upstream's discovery told.
// Invariant: discovery.json holds every resource kube-apiserver 1.36 serves by default, in its order.
// Called by: npm test. Next on the way: src/api/machinery/resources.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fieldsOf, findKind, findResource, groupVersions, joinApiVersion, resources } from "#api";

interface Told {
  readonly groupVersion: string;
}

const told = JSON.parse(readFileSync(join(import.meta.dirname, "discovery.json"), "utf8")) as Told[];

test("every resource with its verbs, short names, categories and subresources, in upstream's order", () => {
  const ours = resources.map(({ group, version, resource, singular, kind, namespaced, verbs, shortNames, categories, subresources }) => ({
    groupVersion: joinApiVersion(group, version),
    resource,
    singular,
    kind,
    namespaced,
    verbs,
    shortNames,
    categories,
    subresources: subresources.map((each) => ({ name: each.name, kind: each.kind, verbs: each.verbs })),
  }));
  assert.deepEqual(ours, told);
});

test("group versions in the same order, one preferred per group", () => {
  assert.deepEqual(
    groupVersions().map(({ group, version }) => joinApiVersion(group, version)),
    [...new Set(told.map((each) => each.groupVersion))],
  );
  assert.deepEqual(
    groupVersions().filter(({ group, preferred }) => group === "autoscaling" && preferred),
    [{ group: "autoscaling", version: "v2", preferred: true }],
  );
});

test("every resource is found by its plural and by its kind, and the table knows its type", () => {
  for (const info of resources) {
    assert.equal(findResource(info.group, info.version, info.resource), info);
    assert.equal(findKind(info.group, info.version, info.kind), info);
    assert.ok(fieldsOf(info.type) !== undefined, info.type);
  }
  assert.equal(findResource("", "v1", "constructor"), undefined);
});
