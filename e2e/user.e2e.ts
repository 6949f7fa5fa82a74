// Root starts the cluster, and what serves is not root: the kernel's own words about each process, and what is closed to it.
// Invariant: state and code below closed homes serve all the same; where a user cannot reach the code, root that is kept is said.
// Called by: npm run e2e. Next on the way: src/compose/user, which decides, hands over and starts.

import assert from "node:assert/strict";
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Cluster, kubectls, launcher, root } from "./support/cluster.ts";
import { must, run } from "./support/commands.ts";

/** The cluster's home is made by mkdtemp: root's, and closed to everybody else. */
const cluster = new Cluster("user");
const closed = mkdtempSync(join(tmpdir(), "dhow-closed-"));
const copy = join(closed, "dhow");

before(async () => {
  assert.equal(process.getuid?.(), 0, "this file shows how root is dropped");
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
});

after(async () => {
  await cluster.destroy();
  if (existsSync(copy)) await dhowOfCopy("down", "--purge");
  rmSync(closed, { recursive: true, force: true });
});

/** Fields of /proc/PID/status of a part, as the kernel prints them. */
function kernelSays(folder: string, part: string): { readonly pid: number; readonly field: (name: string) => string } {
  const { pid } = JSON.parse(readFileSync(join(folder, `run/${part}.json`), "utf8")) as { pid: number };
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return { pid, field: (name) => new RegExp(`^${name}:[\t ]*(.*?)[\t ]*$`, "m").exec(status)?.[1] ?? "no such field" };
}

/** The one user all serving parts of the cluster run as, without anything root has. */
function servingUser(folder: string): number {
  const users = ["control-plane", "nodes-simulated"].map((part) => {
    const { field } = kernelSays(folder, part);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) assert.equal(BigInt(`0x${field(set)}`), 0n, `${part} ${set}`);
    assert.equal(field("Groups"), "", `${part} has no further groups`);
    assert.equal(field("NoNewPrivs"), "1", part);
    const ids = [...field("Uid").split("\t"), ...field("Gid").split("\t")];
    assert.equal(new Set(ids).size, 1, `${part}: real, effective, saved and file system ids: ${ids.join(" ")}`);
    return Number(ids[0]);
  });
  assert.equal(new Set(users).size, 1);
  assert.equal(kernelSays(folder, "supervisor").field("Uid").split("\t")[0], "0");
  return users[0]!;
}

function raw(folder: string, path: string, headers: Record<string, string>, body?: Buffer): Promise<{ status: number; body: Buffer }> {
  const pem = (name: string): Buffer => readFileSync(join(folder, "pki", name));
  const { port } = JSON.parse(readFileSync(join(folder, "settings.json"), "utf8")) as { port: number };
  const tls = { ca: pem("ca.crt"), cert: pem("admin.crt"), key: pem("admin.key") };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method: body ? "POST" : "GET", headers, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** One request for each thing that is loaded when it is first needed. Returns the name of the Deployment it made. */
async function touchEverything(kubectl: (args: string, stdin?: string) => Promise<string>, folder: string): Promise<void> {
  await kubectl(`apply -f ${join(root, "e2e/manifests/web.yaml")}`);
  await kubectl("rollout status deployment/web --timeout=60s");
  const yaml = Buffer.from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\n");
  const created = await raw(folder, "/api/v1/namespaces/default/configmaps", { "content-type": "application/yaml" }, yaml);
  assert.equal(created.status, 201, created.body.toString());
  const protobuf = "application/vnd.kubernetes.protobuf";
  const coded = await raw(folder, "/api/v1/namespaces/default/configmaps/from-yaml", { accept: protobuf });
  assert.equal(coded.body.subarray(0, 4).toString("latin1"), "k8s\0");
  const broken = await raw(folder, "/api/v1/namespaces/default/configmaps", { "content-type": protobuf }, Buffer.from("no protobuf"));
  assert.equal(broken.status, 400);
  const zipped = await raw(folder, "/openapi/v3/apis/apps/v1", { "accept-encoding": "gzip" });
  assert.equal(zipped.status, 200);
  await kubectl("delete configmap from-yaml");
  assert.match(await kubectl("explain deployment.spec.replicas"), /replicas/);
  assert.match(await kubectl("get deployments -o wide"), /SELECTOR/);
  await kubectl(`apply --server-side --force-conflicts -f ${join(root, "e2e/manifests/web.yaml")}`);
  await kubectl('patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":2}]');
  await kubectl("rollout status deployment/web --timeout=60s");
  await kubectl("create serviceaccount visitor");
  assert.match(await kubectl("create token visitor"), /^ey/);
  await kubectl("delete serviceaccount visitor");
  assert.match(await kubectl("auth can-i create pods"), /yes/);
  await kubectl("logs deployment/web");
  assert.match((await kubectl("get --raw /metrics")).slice(0, 10_000), /# TYPE/);
}

test("as root: no part that serves has anything of root's, below a home that is closed to it", { timeout: 400_000 }, async () => {
  await cluster.up("--simulated-nodes", "2", "--port", "0");
  const user = servingUser(cluster.folder);
  assert.ok(user >= 61_184 && user <= 65_519, `${user} is nobody else's`);
  assert.equal(statSync(cluster.home).mode & 0o777, 0o700);
  const read = async (path: string): Promise<number> => (await run("cat", [path], { uid: user, gid: user, cwd: cluster.folder })).code;
  for (const path of ["pki/apiserver.key", "pki/ca.crt"]) assert.equal(await read(path), 0, `${path} is its to read`);
  for (const path of ["pki/ca.key", "pki/admin.key", "kubeconfig", "lock", "run/supervisor.json", "log/supervisor.log"])
    assert.notEqual(await read(path), 0, `${path} is root's`);
  const status = JSON.parse((await cluster.dhow("status", "--name", "user", "-o", "json")).stdout) as {
    keepsRoot?: string;
    parts: { name: string; user: number }[];
  };
  assert.equal(status.keepsRoot, undefined);
  assert.deepEqual(
    status.parts.map((part) => [part.name, part.user]),
    [
      ["supervisor", 0],
      ["control-plane", user],
      ["nodes-simulated", user],
    ],
  );
  assert.match((await cluster.dhow("doctor")).stdout, /serving +as a user of their own/);
});

test("everything that is loaded only when it is needed is reached after root is gone", { timeout: 400_000 }, async () => {
  await touchEverything((args) => cluster.kubectl(args), cluster.folder);
  assert.match((await cluster.dhow("trace", "--name", "user", "deployment/web")).stdout, /reconcile deployment-controller/);
});

test("adoption, a killed part and a restart find the same user and the same data", { timeout: 400_000 }, async () => {
  const user = servingUser(cluster.folder);
  const before = kernelSays(cluster.folder, "control-plane").pid;
  process.kill(kernelSays(cluster.folder, "supervisor").pid, "SIGKILL");
  await cluster.up();
  assert.equal(kernelSays(cluster.folder, "control-plane").pid, before, "adopted");
  assert.equal(servingUser(cluster.folder), user);

  process.kill(before, "SIGKILL");
  for (let turn = 0; (await cluster.tryKubectl(["get", "deployment", "web"])).code !== 0; turn++) {
    assert.ok(turn < 300, "a control plane that was killed comes back");
    await wait(100);
  }
  assert.notEqual(kernelSays(cluster.folder, "control-plane").pid, before);
  assert.equal(servingUser(cluster.folder), user);

  await cluster.down();
  // A span file that is full is set aside by the part itself, in a folder that is root's.
  const spans = join(cluster.folder, "trace/control-plane.jsonl");
  truncateSync(spans, 17 * 1024 * 1024);
  await cluster.up();
  assert.equal(servingUser(cluster.folder), user);
  assert.match(await cluster.kubectl("get deployment web -o name"), /deployment.apps\/web/);
  assert.equal(statSync(`${spans}.1`).uid, user);
  assert.ok(statSync(spans).size < 16 * 1024 * 1024);
  await cluster.down();
});

test("a folder that somebody else's cluster lives in is refused by name", { timeout: 400_000 }, async () => {
  const folder = join(cluster.home, "theirs");
  cpSync(join(cluster.folder, "format"), join(folder, "format"));
  chownSync(folder, 12_345, 12_345);
  const refused = await cluster.dhow("up", "--name", "theirs", "--detach", "--simulated-nodes", "1", "--port", "0");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /belongs to user 12345, who made this cluster; run dhow as that user, or use another --name/);
});

/** What root has in a container that was given nothing special. */
const inContainer =
  "chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill";

test("root with a container's few rights drops root too; root that cannot become another keeps it, and says so", {
  timeout: 400_000,
}, async () => {
  const up = (rights: string): Promise<{ code: number; stderr: string }> =>
    run("setpriv", [`--bounding-set=-all,+${rights}`, "--inh-caps=-all", "--", launcher, "up", "--name", "user", "--detach"], {
      env: cluster.env,
      timeoutMs: 120_000,
    });
  assert.doesNotMatch((await up(inContainer)).stderr, /keep root/);
  servingUser(cluster.folder);
  // Nobody is left to look after it: what runs is found and stopped all the same.
  process.kill(kernelSays(cluster.folder, "supervisor").pid, "SIGKILL");
  assert.match(await cluster.down(), /stopped control-plane[\s\S]*stopped nodes-simulated/);

  assert.match((await up(inContainer.replace("+setuid,", ""))).stderr, /the parts that serve keep root: root lacks CAP_SETUID here/);
  assert.equal(kernelSays(cluster.folder, "control-plane").field("Uid").split("\t")[0], "0");
  assert.match(await cluster.kubectl("get deployment web -o name"), /deployment.apps\/web/);
  await cluster.down();
});

const folderOfCopy = join(closed, "home/copy");
const dhowOfCopy = (verb: string, ...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  run(join(copy, "bin/dhow"), [verb, "--name", "copy", ...flags], {
    env: { DHOW_HOME: join(closed, "home"), NO_COLOR: "1" },
    timeoutMs: 120_000,
  });

/** What a person would have who cloned the repository below root's home and ran npm ci. */
function copyProject(): void {
  for (const name of ["bin", "src", "package.json"]) cpSync(join(root, name), join(copy, name), { recursive: true });
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, { dev?: true }> };
  for (const [place, { dev }] of Object.entries(lock.packages)) {
    const from = join(root, place);
    if (place.startsWith("node_modules/") && dev !== true && existsSync(from)) cpSync(from, join(copy, place), { recursive: true });
  }
}

test("code below a closed home: what serves gets it open and runs without root, in another user's number", {
  timeout: 400_000,
}, async () => {
  copyProject();
  assert.equal(statSync(closed).mode & 0o777, 0o700);
  assert.equal((await run(join(copy, "bin/dhow"), ["--version"], { uid: 61_184, gid: 61_184 })).code === 0, false, "closed to others");
  const up = await dhowOfCopy("up", "--detach", "--simulated-nodes", "2", "--port", "0");
  assert.equal(up.code, 0, up.stderr);
  assert.doesNotMatch(up.stderr, /keep root/);
  const user = servingUser(folderOfCopy);
  const { user: other } = JSON.parse(readFileSync(join(cluster.folder, "user.json"), "utf8")) as { user: { uid: number } };
  assert.notEqual(user, other.uid);
  const kubectl = (args: string): Promise<string> =>
    must(cluster.kubectlPath, args.split(/\s+/), { env: { KUBECONFIG: join(folderOfCopy, "kubeconfig") } });
  await touchEverything(kubectl, folderOfCopy);
  await dhowOfCopy("down");
});

test("code that is closed itself: root is kept, and said; once it is open, the same cluster serves without root", {
  timeout: 400_000,
}, async () => {
  chmodSync(copy, 0o700);
  const up = await dhowOfCopy("up", "--detach");
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stderr, /the parts that serve keep root: a user of its own cannot read the code: /);
  assert.equal(kernelSays(folderOfCopy, "control-plane").field("Uid").split("\t")[0], "0");
  assert.match((await dhowOfCopy("status")).stdout, /the parts that serve keep root: a user of its own cannot read the code: /);
  const env = { KUBECONFIG: join(folderOfCopy, "kubeconfig") };
  await must(cluster.kubectlPath, ["create", "configmap", "by-root"], { env });
  await dhowOfCopy("down");

  chmodSync(copy, 0o755);
  assert.equal((await dhowOfCopy("up", "--detach")).code, 0);
  servingUser(folderOfCopy);
  await must(cluster.kubectlPath, ["get", "configmap", "by-root"], { env });
  assert.doesNotMatch((await dhowOfCopy("status")).stdout, /keep root/);
});
