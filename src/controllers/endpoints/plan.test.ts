// Endpoints and slices for the cases recorded from a real controller manager: named ports, host names, Pods that are not ready.
// Invariant: pure plans; what is written is compared whole.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoints, EndpointSlice, Pod, Service, ServiceSpec } from "#api";
import type { Live } from "#client";
import type { Plan } from "../framework/plan.ts";
import { planEndpoints } from "./endpoints.ts";
import { planSlices } from "./slices.ts";

function service(spec: ServiceSpec, name = "s"): Live<Service> {
  const metadata = { name, namespace: "d", uid: name, resourceVersion: "1", labels: { x: "y" } };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: "a" }, clusterIP: "10.96.0.1", ...spec } };
}

function pod(name: string, ip: string, ready: boolean, more: Partial<Pod["spec"]> = {}, deleting = false, containerPort = 8080): Live<Pod> {
  const deletion = deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "d", uid: name, resourceVersion: "1", labels: { app: "a" }, ...deletion },
    spec: { nodeName: "n", containers: [{ name: "c", ports: [{ name: "web", containerPort }] }], ...more },
    status: { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

function written<Kind>(plan: Plan): Kind[] {
  return plan.actions
    .filter((action) => action.verb === "create" || action.verb === "update")
    .map((action) => action.object as unknown as Kind);
}

const ref = (name: string) => ({ kind: "Pod", namespace: "d", name, uid: name });
const pods = [pod("p2", "10.1.1.2", false, { hostname: "h2", subdomain: "s2" }), pod("p1", "10.1.1.1", true)];

test("named and numbered ports, ready and not ready apart", () => {
  const one = service({
    ports: [
      { name: "http", port: 80, targetPort: "web" },
      { name: "num", port: 81, targetPort: 8081 },
    ],
  });
  const [endpoints] = written<Endpoints>(planEndpoints({ saw: [], service: one, pods, endpoints: undefined }));
  assert.deepEqual(endpoints?.metadata.labels, { x: "y", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  const ports = [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "num", port: 8081, protocol: "TCP" },
  ];
  const addresses = [{ ip: "10.1.1.1", nodeName: "n", targetRef: ref("p1") }];
  const notReadyAddresses = [{ ip: "10.1.1.2", nodeName: "n", targetRef: ref("p2") }];
  assert.deepEqual(endpoints?.subsets, [{ addresses, notReadyAddresses, ports }]);
});

test("a headless service that publishes all: serving still tells who is ready", () => {
  const one = service({ clusterIP: "None", publishNotReadyAddresses: true, ports: [{ port: 80 }] }, "s2");
  const [slice] = written<EndpointSlice>(planSlices({ saw: [], service: one, pods, slices: [] }));
  assert.equal(slice?.metadata.labels?.["service.kubernetes.io/headless"], "");
  assert.deepEqual(slice?.ports, [{ name: "", port: 80, protocol: "TCP" }]);
  assert.deepEqual(slice?.endpoints, [
    { addresses: ["10.1.1.1"], conditions: { ready: true, serving: true, terminating: false }, nodeName: "n", targetRef: ref("p1") },
    {
      addresses: ["10.1.1.2"],
      conditions: { ready: true, serving: false, terminating: false },
      hostname: "h2",
      nodeName: "n",
      targetRef: ref("p2"),
    },
  ]);
});

test("a Pod that is being deleted serves on in its slice and leaves the endpoints", () => {
  const one = service({ ports: [{ port: 80 }] });
  const dying = [pod("p1", "10.1.1.1", true, {}, true)];
  const [slice] = written<EndpointSlice>(planSlices({ saw: [], service: one, pods: dying, slices: [] }));
  assert.deepEqual(slice?.endpoints?.[0]?.conditions, { ready: false, serving: true, terminating: true });
  const [endpoints] = written<Endpoints>(planEndpoints({ saw: [], service: one, pods: dying, endpoints: undefined }));
  assert.deepEqual(endpoints?.subsets, []);
});

test("Pods that mean different numbers by one name get slices of their own, of a hundred addresses at most", () => {
  const one = service({ ports: [{ port: 80, targetPort: "web" }] });
  const many = Array.from({ length: 150 }, (_, index) => pod(`p${index}`, `10.1.${index}.1`, true, {}, false, index < 120 ? 8080 : 9090));
  const slices = written<EndpointSlice>(planSlices({ saw: [], service: one, pods: many, slices: [] }));
  assert.deepEqual(
    slices.map((slice) => [slice.endpoints?.length, slice.ports?.[0]?.port]),
    [
      [100, 8080],
      [20, 8080],
      [30, 9090],
    ],
  );
});

test("what is as wanted is not written, and a slice too many goes", () => {
  const one = service({ ports: [{ port: 80 }] });
  const [slice] = written<Live<EndpointSlice>>(planSlices({ saw: [], service: one, pods, slices: [] }));
  const stored = { ...slice!, metadata: { ...slice!.metadata, name: "s-1", uid: "1", resourceVersion: "1" } };
  assert.deepEqual(planSlices({ saw: [], service: one, pods, slices: [stored] }).actions, []);
  const extra = { ...stored, metadata: { ...stored.metadata, name: "s-2", uid: "2" }, ports: [] };
  assert.deepEqual(
    planSlices({ saw: [], service: one, pods, slices: [extra, stored] }).actions.map((action) => action.verb),
    ["delete"],
  );
});

test("a service without a selector is left to whoever made its endpoints", () => {
  const one = service({ selector: {}, ports: [{ port: 80 }] });
  assert.deepEqual(planSlices({ saw: [], service: one, pods, slices: [] }).actions, []);
  assert.deepEqual(planEndpoints({ saw: [], service: one, pods, endpoints: undefined }).actions, []);
});
