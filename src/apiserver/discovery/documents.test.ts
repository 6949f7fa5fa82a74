// Holds our discovery documents against those of a real kube-apiserver, group by group and field by field.
// Invariant: equal, with equal field order inside each entry (conformance/discovery/documents.json).
// Called by: npm test.   Next on the way: paths.test.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { aggregated, apiVersions, group, groupList, resourceList } from "./documents.ts";

const recorded = JSON.parse(readFileSync(new URL("../../../conformance/discovery/documents.json", import.meta.url), "utf8")) as Record<
  string,
  unknown
>;

function ours(path: string): unknown {
  if (path === "/api") return apiVersions("192.0.2.1:6443");
  if (path === "/apis") return groupList();
  if (path.endsWith(" aggregated")) return aggregated(path.startsWith("/api "));
  const [, , first = "", second] = path.split("/");
  if (path === "/api/v1") return resourceList("", "v1");
  return second === undefined ? group(first) : resourceList(first, second);
}

/** Upstream still stores these as v1beta1; we store what we serve, and the hash says so. */
const storedOtherwise = ["customresourcedefinitions", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"];

function withoutForeignHashes(document: unknown): string {
  return JSON.stringify(document, (_key, value: { name?: string } | undefined) => {
    if (typeof value !== "object" || !storedOtherwise.includes(value?.name ?? "")) return value;
    return { ...value, storageVersionHash: undefined };
  });
}

for (const [path, want] of Object.entries(recorded)) {
  test(`discovery of ${path} is upstream's`, () => {
    assert.deepEqual(JSON.parse(withoutForeignHashes(ours(path))), JSON.parse(withoutForeignHashes(want)));
    assert.equal(withoutForeignHashes(ours(path)), withoutForeignHashes(want));
  });
}

test("what is not served is not told", () => {
  assert.equal(group("example.com"), undefined);
  assert.equal(resourceList("apps", "v1beta1"), undefined);
});
