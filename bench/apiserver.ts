// The API server under load: GET, create with fsync, LIST of many pods, watch fan-out; beside the floors, and beside a real one when told where.
// Invariant: a cluster of its own in the temporary folder; on a reference it works in a namespace of its own and deletes that.
// Called by: people (`sh bin/node bench/apiserver.ts [--pods 30000] [--store etcd] [--reference KUBECONFIG] [--reference-pid PID]`).
// Next: support/h2load.ts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type HttpsTransport, httpsTransport } from "#client";
import { credentialsOf, readKubeconfig } from "#config";
import { readAll } from "#wire";
import { BenchCluster, cpuMs, transportFor } from "./support/cluster.ts";
import { EtcdServer } from "./support/etcdserver.ts";
import { fanOut } from "./support/fanout.ts";
import { h2load, h2loadMissing } from "./support/h2load.ts";

const { values } = parseArgs({
  options: {
    pods: { type: "string", default: "30000" },
    watchers: { type: "string", default: "1000" },
    /** Besides the cluster with a store of its own, one whose data lies in this program: `etcd`, or `dhow` for `dhow store`. */
    store: { type: "string", multiple: true, default: [] },
    reference: { type: "string" },
    "reference-pid": { type: "string" },
  },
});
const namespace = "dhow-bench";
const pods = Number(values.pods);
const gets = 20_000;

interface Subject {
  readonly name: string;
  readonly kubeconfig: string;
  readonly pid: number | undefined;
  /** Of a store in a process of its own. */
  readonly storePid?: number;
}

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "load-", labels: { app: "load", tier: "bench" } },
  spec: {
    schedulerName: "nobody",
    containers: [{ name: "main", image: "registry.example/app:1", resources: { requests: { cpu: "10m" } } }],
  },
};

async function ask(transport: HttpsTransport, method: string, target: string, object?: unknown): Promise<{ status: number; text: string }> {
  const body = object === undefined ? {} : { body: Buffer.from(JSON.stringify(object)), headers: { "content-type": "application/json" } };
  const response = await transport.request({ method, target, ...body });
  return { status: response.status, text: (await readAll(response.body, 1 << 30)).toString("latin1") };
}

/** A service account that may do everything, for h2load knows no client certificates. */
async function tokenOf(transport: HttpsTransport): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await ask(transport, "POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  await ask(transport, "POST", accounts, { metadata: { name: "bench" } });
  // The account that pods run as; a controller makes it, but perhaps not yet.
  await ask(transport, "POST", accounts, { metadata: { name: "default" } });
  await ask(transport, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "bench", namespace }],
  });
  const { text } = await ask(transport, "POST", `${accounts}/bench/token`, { spec: { expirationSeconds: 3600 } });
  return (JSON.parse(text) as { status: { token: string } }).status.token;
}

function row(what: string, value: string, floor = ""): void {
  console.log(`  ${what.padEnd(42)} ${value.padEnd(52)} ${floor}`);
}

async function measure(subject: Subject, file: string): Promise<void> {
  console.log(subject.name);
  const transport = await transportFor(subject.kubeconfig);
  const { server, ca } = credentialsOf(await readKubeconfig(readFileSync(subject.kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  const token = await tokenOf(transport);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const ownMs = (): number => (subject.pid === undefined ? Number.NaN : cpuMs(subject.pid));
  const cpu = (): number => {
    if (subject.storePid !== undefined) storeMs = cpuMs(subject.storePid);
    return ownMs();
  };
  let storeMs = 0;
  const each = (beforeMs: number, count: number): string => {
    const us = (sinceMs: number, nowMs: number): string => (((nowMs - sinceMs) * 1000) / count).toFixed(0);
    const inStore = subject.storePid === undefined ? "" : ` + ${us(storeMs, cpuMs(subject.storePid))} in the store`;
    return `${us(beforeMs, ownMs())}${inStore} us CPU each`;
  };
  const run = (
    what: string,
    target: string,
    load: { requests: number; connections: number; streams: number; body?: string },
    floor: string,
  ): void => {
    const before = cpu();
    const { perSecond, p50Ms, p99Ms, failed } = h2load({ url: server + target, token, ...load });
    const times = `${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
    row(what, `${times}, ${each(before, load.requests)}${failed > 0 ? `, ${failed} FAILED` : ""}`, floor);
  };
  try {
    run("create pod, 200 first ones", path, { requests: 200, connections: 1, streams: 8, body: file }, "");
    run(
      `create ${pods} pods, fsync, 64 in flight`,
      path,
      { requests: pods, connections: 4, streams: 16, body: file },
      "floor 3,000/s, 50 ms",
    );
    const name = /"name":"(load-[^"]+)"/.exec((await ask(transport, "GET", `${path}?limit=1`)).text)?.[1];
    run("GET one pod, 32 in flight", `${path}/${name}`, { requests: gets, connections: 4, streams: 8 }, "floor 15,000/s, 10 ms");
    for (let round = 1; round <= 3; round++) {
      const [before, startMs] = [cpu(), performance.now()];
      const { body } = await transport.request({ method: "GET", target: path });
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      row(
        `LIST all pods, ${(bytes / 1e6).toFixed(0)} MB`,
        `${(performance.now() - startMs).toFixed(0)} ms, ${each(before, 1)}`,
        "floor 500 ms",
      );
    }
    const before = cpu();
    const watchers = Number(values.watchers);
    const each1 = (): HttpsTransport =>
      httpsTransport({ server, ...(ca ? { ca } : {}), token, userAgent: "dhow-bench/1", maxConnections: 1 });
    const { deliveries, p50Ms, p99Ms } = await fanOut(transport, each1, { watchers, events: 50, perSecond: 5, namespace });
    const times = `${deliveries} deliveries, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${each(before, deliveries)}`;
    row(`watch, ${watchers} connections, 5 events/s`, times, "floor p99 250 ms");
  } finally {
    await ask(transport, "DELETE", `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${namespace}`);
    if (subject.kubeconfig === values.reference) {
      await ask(transport, "DELETE", `${path}?gracePeriodSeconds=0`);
      await ask(transport, "DELETE", `/api/v1/namespaces/${namespace}`);
    }
    transport.close();
  }
}

const missing = h2loadMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
const programs: Readonly<Record<string, readonly string[]>> = {
  etcd: ["etcd"],
  dhow: ["sh", join(import.meta.dirname, "../bin/dhow"), "store"],
};

async function measureOwn(name: string, file: string, store?: EtcdServer): Promise<void> {
  const cluster = new BenchCluster();
  try {
    const elsewhere = store ? ["--store", `http://${store.endpoint}`] : [];
    await cluster.up("--runtime", "simulated", "--simulated-nodes", "1", "--without", "scheduler", ...elsewhere);
    const pid = cluster.parts().find((part) => part.name === "control-plane")?.pid;
    await measure({ name, kubeconfig: cluster.kubeconfig, pid, ...(store && { storePid: store.pid }) }, file);
  } finally {
    cluster.destroy();
  }
}

async function measureOn(program: string, file: string): Promise<void> {
  const command = programs[program];
  if (!command) throw new Error(`--store: ${Object.keys(programs).join(" or ")}, not ${program}`);
  const store = new EtcdServer(program, command);
  try {
    await store.start();
    await measureOwn(`dhow on ${program === "dhow" ? "dhow store" : program}`, file, store);
  } finally {
    await store.destroy();
  }
}

const folder = mkdtempSync(join(tmpdir(), "dhow-bench-"));
const file = join(folder, "pod.json");
try {
  writeFileSync(file, JSON.stringify(pod));
  await measureOwn("dhow", file);
  for (const program of values.store) await measureOn(program, file);
  const referencePid = values["reference-pid"] === undefined ? undefined : Number(values["reference-pid"]);
  if (values.reference !== undefined) await measure({ name: "reference", kubeconfig: values.reference, pid: referencePid }, file);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
