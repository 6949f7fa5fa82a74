// Bootstrapping on a writer made of a map: what is created, what is repaired, what is left alone.
// Invariant: a second run writes nothing; a user's own additions survive.
// Called by: npm test.   Next on the way: the API server's own tests, where the writer is the pipeline.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type ApiObject, type ResourceInfo } from "#api";
import { type BootstrapWriter, ensureBootstrap } from "./ensure.ts";
import { type BootstrapSettings, firstAddress } from "./objects.ts";

const settings: BootstrapSettings = {
  serviceClusterIpRange: "10.96.0.0/16",
  advertiseAddress: "192.0.2.1",
  securePort: 6443,
  clientCa: "PEM",
};

function fakeWriter() {
  const objects = new Map<string, ApiObject>();
  const log: string[] = [];
  const key = (info: ResourceInfo, object: ApiObject): string =>
    `${info.resource} ${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;
  const writer: BootstrapWriter = {
    list: async (info) => [...objects].filter(([at]) => at.startsWith(`${info.resource} `)).map(([, object]) => structuredClone(object)),
    async create(info, object) {
      const at = key(info, object);
      if (objects.has(at)) throw ApiError.alreadyExists(info, object.metadata.name ?? "");
      log.push(`create ${at}`);
      objects.set(at, structuredClone(object));
    },
    async update(info, object) {
      log.push(`update ${key(info, object)}`);
      objects.set(key(info, object), structuredClone(object));
    },
    async remove(info, object) {
      log.push(`remove ${key(info, object)}`);
      objects.delete(key(info, object));
    },
  };
  const at = (name: string): ApiObject => {
    const object = objects.get(name);
    assert.ok(object, name);
    return object;
  };
  return { writer, objects, log, at };
}

test("an empty cluster gets everything, namespaces first", async () => {
  const { writer, log, at } = fakeWriter();
  const { created, updated } = await ensureBootstrap(writer, settings);
  assert.deepEqual(
    log.slice(0, 4).map((line) => line.split(" ")[1]),
    ["namespaces", "namespaces", "namespaces", "namespaces"],
  );
  assert.deepEqual([created, updated], [log.length, 0]);
  assert.equal((at("services default/kubernetes")["spec"] as { clusterIP: string }).clusterIP, "10.96.0.1");
  assert.equal((at("clusterroles /view")["rules"] as unknown[]).length, 12);
  assert.equal((at("clusterroles /admin")["rules"] as unknown[]).length, 29);
  at("priorityclasses /system-node-critical");
  at("endpointslices default/kubernetes");
  at("configmaps kube-system/extension-apiserver-authentication");
});

test("a second run writes nothing", async () => {
  const { writer, log } = fakeWriter();
  await ensureBootstrap(writer, settings);
  log.length = 0;
  assert.deepEqual(await ensureBootstrap(writer, settings), { created: 0, updated: 0 });
  assert.deepEqual(log, []);
});

test("what is missing comes back, what a user added stays", async () => {
  const { writer, objects, log, at } = fakeWriter();
  await ensureBootstrap(writer, settings);
  const own = { verbs: ["get"], apiGroups: ["example.com"], resources: ["boats"] };
  const basic = at("clusterroles /system:basic-user");
  basic["rules"] = [own];
  delete basic.metadata.labels;
  const discovery = at("clusterrolebindings /system:discovery");
  const subjects = discovery["subjects"] as unknown[];
  discovery["subjects"] = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "ann" }];
  const left = at("clusterroles /system:monitoring");
  left["rules"] = [];
  left.metadata.annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
  at("clusterrolebindings /cluster-admin")["roleRef"] = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
  objects.delete("namespaces /kube-public");
  log.length = 0;

  await ensureBootstrap(writer, { ...settings, securePort: 7443 });
  assert.deepEqual(log.toSorted(), [
    "create clusterrolebindings /cluster-admin",
    "create namespaces /kube-public",
    "remove clusterrolebindings /cluster-admin",
    "update clusterrolebindings /system:discovery",
    "update clusterroles /system:basic-user",
    "update endpoints default/kubernetes",
    "update endpointslices default/kubernetes",
    "update services default/kubernetes",
  ]);
  assert.deepEqual((at("clusterroles /system:basic-user")["rules"] as unknown[])[0], own);
  assert.equal((at("clusterroles /system:basic-user")["rules"] as unknown[]).length, 4);
  assert.deepEqual((at("clusterrolebindings /system:discovery")["subjects"] as unknown[]).slice(1), subjects);
  assert.deepEqual(at("clusterroles /system:monitoring")["rules"], []);
});

test("somebody else who was first is no failure", async () => {
  const { writer } = fakeWriter();
  const late: BootstrapWriter = { ...writer, list: async () => [] };
  await ensureBootstrap(late, settings);
  await ensureBootstrap(late, settings);
});

for (const [range, first] of [
  ["10.96.0.0/16", "10.96.0.1"],
  ["10.96.7.9/16", "10.96.0.1"],
  ["192.168.255.128/25", "192.168.255.129"],
  ["fd00::/112", undefined],
  ["10.96.0.0", undefined],
] as const) {
  test(`the first address of ${range} is ${first ?? "refused"}`, () => {
    if (first === undefined) assert.throws(() => firstAddress(range), /must be an IPv4 range/);
    else assert.equal(firstAddress(range), first);
  });
}
