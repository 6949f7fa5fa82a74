// The runtime alone: an own containerd, the pause image, one sandbox and container through CRI, and nothing left afterwards.
// Invariant: no API server, no kubelet; the machine after the test is the machine before it, also when containerd was killed.
// Called by: npm run e2e. Next on the way: src/cri/README.md.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  clearLeftovers,
  connectCri,
  type ContainerConfig,
  containerdContainers,
  containerdPaths,
  type Cri,
  type CriEvent,
  endStrays,
  type EndStraysOptions,
  findContainerd,
  findShims,
  imageVisible,
  type PodSandboxConfig,
  prepareContainerd,
  runtimeReady,
  stopSandboxes,
} from "#cri";
import { loadImage, pauseArchive, pauseReference } from "#image";
import { delay, noSpans, systemClock, systemPrng } from "#lib";
import * as linux from "#linux";
import { cleanupCni, cniConflist, conflistFile, networkName } from "#network";
import { must } from "./support/commands.ts";
import { type HostPicture, picture } from "./support/host.ts";
import { busyboxArchive } from "./support/images.ts";

const clock = systemClock();
const directory = mkdtempSync(join(tmpdir(), "dhow-e2e-containerd-"));
const clusterName = "e2e-rt";
const cgroup = `/dhow-${clusterName}`;
const image = "dhow.local/busybox:1";
/** As for clusters: a path, or our own. */
const ociRuntime = process.env["DHOW_E2E_OCI_RUNTIME"];
const ownRuntime = join(import.meta.dirname, "../bin/dhow-runtime");
const prepared = prepareContainerd({
  directory,
  snapshotter: "overlayfs",
  restrictOomScoreAdj: !linux.hasCapability("CAP_SYS_RESOURCE"),
  cniBinDirectory: "/usr/lib/cni",
  sandboxImage: pauseReference,
  ...(ociRuntime === undefined ? {} : { runtimeBinary: ociRuntime === "dhow-runtime" ? ownRuntime : ociRuntime }),
  cni: {
    file: conflistFile,
    conflist: cniConflist({ network: networkName(clusterName), podCidr: "10.244.250.0/24", dataDirectory: join(directory, "addresses") }),
  },
});
let untouched: HostPicture;
let sharedBefore: readonly string[];
let containerd: ChildProcess;
let cri: Cri;
/** Folders that every containerd and every CNI plugin on the machine writes to. */
function shared(): readonly string[] {
  return ["/run/containerd/s", "/run/containerd/runc/k8s.io", "/var/lib/cni/results"].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [],
  );
}
const events: CriEvent[] = [];
let heard: () => void = () => undefined;

async function event(kind: CriEvent["kind"], from: number): Promise<CriEvent> {
  for (;;) {
    const found = events.slice(from).find((one) => one.kind === kind);
    if (found) return found;
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
  }
}

async function start(): Promise<void> {
  const log = openSync(join(directory, "log"), "a");
  containerd = spawn(prepared.argv[0]!, prepared.argv.slice(1), { env: prepared.env, stdio: ["ignore", log, log] });
  cri = await connectCri(prepared.socket, { clock, prng: systemPrng(), spans: noSpans });
  await runtimeReady(prepared.socket, cri, { clock, timeoutMs: 60_000 });
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => containerd.once("exit", resolve));
  containerd.kill(signal);
  await ended;
}

async function clear(): Promise<readonly string[]> {
  const kill = (pid: number, signal: "SIGKILL"): void => void process.kill(pid, signal);
  const { removed, busy } = await clearLeftovers({ directory, cgroup, kernel: linux, clock, kill });
  assert.deepEqual(busy, []);
  return [...removed, ...(await cleanupCni(networkName(clusterName)))];
}

const sandboxConfig: PodSandboxConfig = {
  metadata: { name: "p", uid: "u", namespace: "n", attempt: 0 },
  hostname: "p",
  logDirectory: join(directory, "logs"),
  labels: { "io.kubernetes.pod.uid": "u" },
  annotations: {},
  linux: { cgroupParent: `${cgroup}/u` },
};
const container = (name: string, script: string): ContainerConfig => ({
  metadata: { name, attempt: 0 },
  image: { image },
  command: ["sh", "-c", script],
  args: [],
  envs: [{ key: "WORD", value: "ahoy" }],
  mounts: [],
  labels: {},
  annotations: {},
  logPath: `${name}/0.log`,
});

async function run(sandbox: string, name: string, script: string): Promise<string> {
  const id = await cri.createContainer(sandbox, container(name, script), sandboxConfig);
  await cri.startContainer(id);
  return id;
}

before(async () => {
  untouched = await picture(directory);
  sharedBefore = shared();
  await start();
  for (const [file, bytes, reference] of [
    ["pause.tar", pauseArchive(process.arch === "arm64" ? "arm64" : "amd64"), pauseReference],
    ["busybox.tar", await busyboxArchive(image), image],
  ] as const) {
    writeFileSync(join(directory, file), bytes);
    assert.deepEqual(await loadImage(join(directory, file), { socket: prepared.socket }), [reference]);
    await imageVisible(cri, reference, { clock, timeoutMs: 5000 });
  }
  cri.events({
    event(one) {
      events.push(one);
      heard();
    },
  });
  await event("resync", 0);
});

after(async () => {
  cri.close();
  if (containerd.exitCode === null && containerd.signalCode === null) await end("SIGKILL");
  await clear();
  rmSync(directory, { recursive: true, force: true });
});

test("a sandbox gets an address; a container runs, logs, and its end comes as an event with its status", async () => {
  const sandbox = await cri.runPodSandbox(sandboxConfig);
  assert.match((await cri.podSandboxStatus(sandbox))?.network?.ip ?? "", /^10\.244\.250\.\d+$/);
  const from = events.length;
  const id = await run(sandbox, "c", 'echo "$WORD"; exit 3');
  assert.deepEqual(await event("stopped", from), { kind: "stopped", containerId: id, exitCode: 3 });
  assert.match(readFileSync(join(directory, "logs/c/0.log"), "utf8"), /^\S+Z stdout F ahoy\n$/);
});

test("exec answers with output and status; a deaf container is killed when its grace is over", async () => {
  const [sandbox] = await cri.listPodSandbox({ "io.kubernetes.pod.uid": "u" });
  const id = await run(sandbox!.id, "deaf", "trap '' TERM; while :; do sleep 1; done");
  const answer = await cri.execSync(id, ["sh", "-c", "echo out; echo err >&2; exit 4"], 10);
  assert.deepEqual([Buffer.from(answer.stdout).toString(), Buffer.from(answer.stderr).toString(), answer.exitCode], ["out\n", "err\n", 4]);
  await cri.stopContainer(id, 1);
  assert.equal((await cri.containerStatus(id))?.exitCode, 137);
});

test("what the runtime does not know is undefined, and stopping it succeeds", async () => {
  assert.equal(await cri.containerStatus("nope"), undefined);
  assert.equal(await cri.imageStatus("dhow.local/nope:1"), undefined);
  await cri.stopContainer("nope", 1);
  await cri.removePodSandbox("nope");
  await assert.rejects(cri.startContainer("nope"), /^CriError: CRI StartContainer at unix:.*: NOT_FOUND: /);
});

test("after kill -9 of containerd the container lives on, the subscription comes back with a resync", async () => {
  const [sandbox] = await cri.listPodSandbox();
  const id = await run(sandbox!.id, "steady", "while :; do sleep 1; done");
  assert.ok(findContainerd(directory, linux));
  const from = events.length;
  await end("SIGKILL");
  cri.close();
  const before = events.length;
  await start();
  assert.equal((await cri.containerStatus(id))?.state, "CONTAINER_RUNNING");
  cri.events({
    event(one) {
      events.push(one);
      heard();
    },
  });
  await event("resync", Math.max(from, before));
});

test("a containerd that starts waits for a shim that is slow to answer: nothing is lost", async () => {
  const [steady] = (await cri.listContainers()).filter((one) => one.state === "CONTAINER_RUNNING");
  const [shim] = findShims(directory, linux);
  await end("SIGKILL");
  cri.close();
  process.kill(shim!.pid, "SIGSTOP");
  // Longer than containerd's own five seconds, after which it would have ended the container.
  setTimeout(() => process.kill(shim!.pid, "SIGCONT"), 8000);
  await start();
  assert.equal((await cri.containerStatus(steady!.id))?.state, "CONTAINER_RUNNING");
  assert.deepEqual(await endStrays(strayOptions()), []);
});

const strayOptions = (): EndStraysOptions => ({
  directory,
  cgroup,
  kernel: linux,
  clock,
  containers: () => containerdContainers(containerdPaths(directory).socket, clock),
  kill: (pid, signal) => void process.kill(pid, signal),
});

test("a shim that containerd has lost is a stray, and ends with what it holds", async () => {
  const { tasks } = containerdPaths(directory);
  await end("SIGKILL");
  cri.close();
  for (const id of readdirSync(tasks)) {
    await linux.unmountBelow(join(tasks, id));
    rmSync(join(tasks, id), { recursive: true });
  }
  assert.ok(linux.cgroupProcesses(cgroup).length >= 2);
  await start();
  const ended = await endStrays(strayOptions());
  assert.match(ended.join("\n"), /^(container process \d+\n)+shim \d+$/);
  // The kernel takes a moment, a busy one a longer one.
  for (let round = 0; round < 100 && linux.cgroupProcesses(cgroup).length > 0; round++) await delay(clock, 100);
  assert.deepEqual([findShims(directory, linux), linux.cgroupProcesses(cgroup)], [[], []]);
});

test("a shim that was started for a container that never came to be is a stray, also where its folder is still there", async () => {
  const id = "ab".repeat(32);
  const bundle = join(containerdPaths(directory).tasks, id);
  mkdirSync(bundle, { recursive: true });
  writeFileSync(join(bundle, "config.json"), "{}");
  // Where containerd would read what the shim says.
  await must("mkfifo", [join(bundle, "log")]);
  const log = openSync(join(bundle, "log"), "r+");
  const { socket } = containerdPaths(directory);
  const words = ["-namespace", "k8s.io", "-id", id, "-address", socket, "-publish-binary", "containerd", "start"];
  await must("containerd-shim-runc-v2", words, { cwd: bundle, env: { TTRPC_ADDRESS: `${socket}.ttrpc` } });
  assert.equal(findShims(directory, linux).length, 1);
  assert.match((await endStrays(strayOptions())).join("\n"), /^shim \d+$/);
  for (let round = 0; round < 100 && findShims(directory, linux).length > 0; round++) await delay(clock, 100);
  assert.deepEqual(findShims(directory, linux), []);
  closeSync(log);
  rmSync(bundle, { recursive: true });
});

test("a clean stop leaves nothing", async () => {
  assert.deepEqual(await stopSandboxes(cri, { graceSeconds: 1 }), []);
  await end("SIGTERM");
  const removed = await clear();
  assert.ok(
    removed.every((one) => /^(cgroup|interface|iptables chain|CNI result) /.test(one)),
    removed.join("\n"),
  );
  assert.deepEqual(await picture(directory), untouched);
  assert.deepEqual(shared(), sharedBefore);
});

test("a stop that was none, containerd and all killed, leaves nothing either", async () => {
  await start();
  const sandbox = await cri.runPodSandbox({ ...sandboxConfig, metadata: { ...sandboxConfig.metadata, attempt: 1 } });
  await run(sandbox, "left", "while :; do sleep 1; done");
  await end("SIGKILL");
  assert.match((await clear()).join("\n"), /shim \d+/);
  assert.deepEqual(await picture(directory), untouched);
  assert.deepEqual(shared(), sharedBefore);
});
