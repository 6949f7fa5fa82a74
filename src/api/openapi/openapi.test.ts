// Our OpenAPI against a real kube-apiserver's: the shapes of common types, and what kubectl looks for in paths.
// Invariant: equal but for descriptions, defaults and enums (conformance/openapi/schemas.json, those left out).
// Called by: npm test.   Next on the way: the e2e runs with real kubectl.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findType } from "../machinery/facts.ts";
import { describeField, described, describeType } from "./descriptions/index.ts";
import { encodeGnostic } from "./gnostic.ts";
import { openapiV2Document } from "./v2.ts";
import { openapiV3Document, openapiV3Paths } from "./v3.ts";

const recorded = JSON.parse(readFileSync(new URL("../../../conformance/openapi/schemas.json", import.meta.url), "utf8")) as Record<
  string,
  { v2?: unknown; v3: unknown }
>;

interface V3 {
  paths: Record<string, Record<string, { parameters?: { name: string }[]; "x-kubernetes-group-version-kind"?: unknown }>>;
  components: { schemas: Record<string, unknown> };
}

const v3 = (group: string, version: string): V3 => JSON.parse(openapiV3Document(group, version).toString()) as V3;

/** Without descriptions, and with a reference beside or inside `allOf` alike. */
function bare(value: unknown, names = false): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== "object" || value === null) return value;
  const { allOf, ...rest } = value as { allOf?: object[] };
  const whole = !names && allOf?.[0] ? { ...rest, ...allOf[0] } : value;
  const kept = Object.entries(whole).filter(([name]) => names || name !== "description");
  return Object.fromEntries(kept.map(([name, item]) => [name, bare(item, name === "properties")]));
}

test("schemas of common types are upstream's", async (t) => {
  const ours = { v3: v3("apps", "v1").components.schemas, v2: openapiV2Document("v1").definitions as Record<string, unknown> };
  for (const [name, want] of Object.entries(recorded)) {
    await t.test(name, () => {
      assert.deepEqual(bare(ours.v3[name]), want.v3);
      if (want.v2 !== undefined) assert.deepEqual(bare(ours.v2[name]), want.v2);
    });
  }
});

test("kubectl finds the dry run and the field validation of every patch", () => {
  for (const { group, version } of openapiV3Paths()) {
    for (const [path, item] of Object.entries(v3(group, version).paths)) {
      const patch = item["patch"];
      if (!patch || path.endsWith("/proxy")) continue;
      const names = patch.parameters?.map(({ name }) => name) ?? [];
      assert.ok(names.includes("dryRun") && names.includes("fieldValidation"), path);
      assert.ok(patch["x-kubernetes-group-version-kind"], path);
    }
  }
});

test("every reference leads somewhere", () => {
  for (const { group, version } of openapiV3Paths()) {
    const text = openapiV3Document(group, version).toString();
    const { schemas } = (JSON.parse(text) as V3).components;
    for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      assert.ok(Object.hasOwn(schemas, name), `${group}/${version}: ${name}`);
  }
});

test("operation ids are unique", () => {
  const text = JSON.stringify(openapiV2Document("v1").paths);
  const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
});

test("a document in gnostic's protobuf, byte by byte", () => {
  const encoded = encodeGnostic({
    swagger: "2.0",
    info: { title: "T", version: "V" },
    paths: {},
    definitions: {
      A: { type: "object", required: ["b"], properties: { b: { type: "array", items: { $ref: "#/definitions/B" } } }, "x-k": [1] },
    },
  });
  const pieces = [
    "0a03322e30", // 1: swagger "2.0"
    "12060a0154120156", // 2: info {1: "T", 2: "V"}
    "4200", // 8: no paths
    "4a4f0a4d0a01411248", // 9: definitions {1: {1: "A", 2: a schema}}
    "9a010162", // 19: required "b"
    "b201080a066f626a656374", // 22: type {1: "object"}
    "ca01270a250a01621220", // 25: properties {1: {1: "b", 2: a schema}}
    "b201070a056172726179", // 22: type {1: "array"}
    "ba01130a110a0f232f646566696e6974696f6e732f42", // 23: items {1: {1: "#/definitions/B"}}
    "fa010c0a03782d6b120512035b315d", // 31: extension {1: "x-k", 2: {2: "[1]"}}
  ];
  assert.equal(encoded.toString("hex"), pieces.join(""));
});

test("descriptions speak of types and fields that exist", () => {
  for (const { type, field } of described()) {
    const info = findType(type);
    assert.ok(info, type);
    assert.ok(field === "" || info.byName.has(field), `${type}.${field}`);
  }
});

/** Storage that CSI drivers have replaced: what once belonged to it is told by its types' names. */
const replaced =
  /^io\.k8s\.api\.core\.v1\.((GCEPersistentDisk|AWSElasticBlockStore|GitRepo|Glusterfs|RBD|Flex|Cinder|CephFS|Flocker|AzureFile|VsphereVirtualDisk|Quobyte|AzureDisk|PhotonPersistentDisk|Portworx|ScaleIO|StorageOS)(Persistent)?(Volume(Source)?)|(ConfigMap)?NodeConfig(Source|Status))$/;

test("explain has words for every field of the kinds that people meet", () => {
  const kinds = [
    "core.v1: Pod Service Endpoints ConfigMap Secret Namespace Node Event LimitRange ResourceQuota ServiceAccount",
    "core.v1: PersistentVolume PersistentVolumeClaim ReplicationController PodTemplate Binding ComponentStatus",
    "apps.v1: Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision",
    "batch.v1: Job CronJob",
    "autoscaling.v1: HorizontalPodAutoscaler Scale",
    "autoscaling.v2: HorizontalPodAutoscaler",
    "policy.v1: PodDisruptionBudget Eviction",
    "discovery.v1: EndpointSlice",
    "coordination.v1: Lease",
    "scheduling.v1: PriorityClass",
    "events.v1: Event",
    "rbac.v1: Role ClusterRole RoleBinding ClusterRoleBinding",
    "storage.v1: StorageClass",
    "authentication.v1: TokenRequest TokenReview SelfSubjectReview",
    "authorization.v1: SubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview LocalSubjectAccessReview",
    "networking.v1: Ingress IngressClass NetworkPolicy",
    "node.v1: RuntimeClass",
    "certificates.v1: CertificateSigningRequest",
  ];
  const seen = new Set<string>();
  const silent: string[] = [];
  const walk = (type: string): void => {
    const info = findType(type);
    if (!info || info.fields.length === 0 || seen.has(type) || replaced.test(type)) return;
    seen.add(type);
    if (describeType(type) === undefined) silent.push(type);
    for (const { name, ref } of info.fields) {
      if (describeField(type, name, ref) === undefined) silent.push(`${type}.${name}`);
      if (ref !== undefined) walk(ref);
    }
  };
  for (const line of kinds) {
    const [group, names] = line.split(": ");
    for (const name of names!.split(" ")) walk(`io.k8s.api.${group}.${name}`);
  }
  assert.ok(seen.size > 250, `${seen.size} types`);
  assert.deepEqual(silent, []);
});
