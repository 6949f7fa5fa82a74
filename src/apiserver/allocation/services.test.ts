// What Services are given: addresses and node ports, told as requests and answers.
// Invariant: an address and a port have one holder; what is freed can be taken again; a restart puts right what a crash left.
// Called by: npm test. Next on the way: services.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject, Service } from "#api";
import { revision } from "#store";
import { created, testServer, type TestServer } from "../testing.ts";

const services = "/api/v1/namespaces/default/services";
const addresses = "/apis/networking.k8s.io/v1/ipaddresses";
const json = { "content-type": "application/json" };

async function make(server: TestServer, name: string, spec: object): Promise<Service> {
  return (await created(server, services, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })) as unknown as Service;
}

async function refused(server: TestServer, name: string, spec: object, query = ""): Promise<string> {
  const body = JSON.stringify({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
  const { text } = await server.ask({ method: "POST", target: services + query, headers: json, body });
  return (JSON.parse(text) as { message: string }).message;
}

async function taken(server: TestServer): Promise<string[]> {
  const { items } = JSON.parse((await server.ask({ method: "GET", target: addresses })).text) as { items: ApiObject[] };
  return items.map(({ metadata }) => metadata.name!);
}

test("a service gets an address from the range, and its object says whose it is", async () => {
  const server = await testServer();
  const { spec } = await make(server, "a", {});
  assert.match(spec!.clusterIP!, /^10\.96\.\d+\.\d+$/);
  assert.deepEqual([spec!.clusterIPs, spec!.ipFamilies, spec!.ipFamilyPolicy], [[spec!.clusterIP], ["IPv4"], "SingleStack"]);
  const { text } = await server.ask({ method: "GET", target: `${addresses}/${spec!.clusterIP}` });
  assert.match(text, /"spec":\{"parentRef":\{"resource":"services","namespace":"default","name":"a"\}\}/);
  assert.deepEqual(await taken(server), ["10.96.0.1", spec!.clusterIP]);
  await server.ask({ method: "DELETE", target: `${services}/a` });
  assert.deepEqual(await taken(server), ["10.96.0.1"]);
  await server.close();
});

test("what cannot be given is refused in upstream's words, and a refused service leaves nothing taken", async () => {
  const server = await testServer();
  const invalid = (text: string): string => `Service "b" is invalid: ${text}`;
  for (const [spec, text] of [
    [
      { clusterIP: "10.96.0.1" },
      'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    ],
    [
      { clusterIP: "10.97.0.3" },
      'spec.clusterIPs: Invalid value: ["10.97.0.3"]: failed to allocate IP 10.97.0.3: the provided network does not match the current range',
    ],
    [{ clusterIP: "fd00::1" }, 'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster'],
    [{ clusterIP: "x" }, 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    [{ clusterIPs: ["10.96.0.77"] }, 'spec.clusterIPs: Invalid value: ["10.96.0.77"]: must be empty when `clusterIP` is not specified'],
    [{ ipFamilies: ["IPv6"] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      { type: "NodePort", ports: [{ port: 80, nodePort: 29999 }] },
      "spec.ports[0].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-32767",
    ],
    [
      {
        type: "NodePort",
        ports: [
          { name: "a", port: 80, nodePort: 30080 },
          { name: "b", port: 81, nodePort: 30080 },
        ],
      },
      "spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated",
    ],
  ] as const) {
    assert.equal(await refused(server, "b", spec), invalid(text));
    assert.equal(await refused(server, "b", spec, "?dryRun=All"), invalid(text), "a dry run refuses the same");
  }
  assert.deepEqual(await taken(server), ["10.96.0.1"]);
  await make(server, "c", { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] });
  await server.close();
});

test("node ports are kept over an update, freed by a change of type, shared by protocols", async () => {
  const server = await testServer();
  const ports = [
    { name: "a", port: 53, nodePort: 30053 },
    { name: "b", port: 53, protocol: "UDP" },
  ];
  const service = await make(server, "dns", { type: "NodePort", ports });
  assert.deepEqual(
    service.spec!.ports!.map(({ nodePort }) => nodePort),
    [30053, 30053],
  );
  const put = async (spec: object): Promise<Service> => {
    const body = JSON.stringify({ metadata: { name: "dns" }, spec });
    return JSON.parse((await server.ask({ method: "PUT", target: `${services}/dns`, headers: json, body })).text) as Service;
  };
  const kept = await put({ type: "NodePort", ports: [{ name: "a", port: 5353 }] });
  assert.equal(kept.spec!.ports![0]!.nodePort, 30053);
  assert.equal(kept.spec!.clusterIP, service.spec!.clusterIP);
  const inner = await put({ type: "ClusterIP", ports: [{ name: "a", port: 5353 }] });
  assert.equal(inner.spec!.ports![0]!.nodePort, undefined);
  await make(server, "other", { type: "NodePort", ports: [{ port: 1, nodePort: 30053 }] });
  const named = await put({ type: "ExternalName", externalName: "x.example" });
  assert.equal(named.spec!.clusterIP, undefined);
  assert.equal((await taken(server)).includes(service.spec!.clusterIP!), false);
  await server.close();
});

test("a restart frees what nobody holds and marks what somebody does", async () => {
  const server = await testServer();
  const service = await make(server, "a", { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] });
  const { store } = server;
  const key = `/registry/ipaddresses/${service.spec!.clusterIP}`;
  const { kvs } = await store.range({ start: key });
  await store.txn({ key, expect: kvs[0]!.modRevision, operation: { type: "delete" } });
  const orphan = Buffer.from(Buffer.from(kvs[0]!.value).toString().replaceAll(service.spec!.clusterIP!, "10.96.9.9"));
  await store.txn({ key: "/registry/ipaddresses/10.96.9.9", expect: revision(0), operation: { type: "put", value: orphan } });
  const range = await store.range({ start: "/registry/ranges/servicenodeports" });
  const operation = { type: "put", value: Buffer.from("nonsense") } as const;
  await store.txn({ key: "/registry/ranges/servicenodeports", expect: range.kvs[0]!.modRevision, operation });
  server.server.close();
  const again = await testServer(store);
  assert.deepEqual(await taken(again), ["10.96.0.1", service.spec!.clusterIP]);
  const text = "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated";
  assert.equal(await refused(again, "b", { type: "NodePort", ports: [{ port: 1, nodePort: 30080 }] }), `Service "b" is invalid: ${text}`);
  await again.close();
});
