// Our OCI runtime in runc's place: a containerd of its own, driven by ctr, runs containers through bin/dhow-runtime.
// Invariant: whatever happened, afterwards no process, control group, mount or state folder of these containers is left.
// Called by: npm run e2e. Next on the way: conformance/oci, every rule of the specification.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { must, run } from "./support/commands.ts";

const runtime = join(import.meta.dirname, "../bin/dhow-runtime");
const directory = mkdtempSync(join(tmpdir(), "dhow-e2e-runtime-"));
const socket = join(directory, "containerd.sock");
const rootfs = join(directory, "rootfs");
const namespace = `dhow-e2e-${process.pid}`;
const ctr = ["--address", socket, "--namespace", namespace];
const how = ["--runc-binary", runtime, "--rootfs", "--env", "PATH=/bin"];
let containerd: ChildProcess;

function writeRootfs(): void {
  for (const folder of ["bin", "dev", "proc", "sys", "tmp", "etc"]) mkdirSync(join(rootfs, folder), { recursive: true });
  copyFileSync("/bin/busybox", join(rootfs, "bin/busybox"));
  for (const name of ["sh", "true", "sleep", "cat", "ls", "tty", "grep"]) symlinkSync("busybox", join(rootfs, "bin", name));
}

function groups(): string[] {
  return globSync(`/sys/fs/cgroup/{,*/}${namespace}/*`).filter(
    (path) => !/\/(?:cgroup|memory|cpu|cpuset|pids|io|hugetlb|misc|rdma)\.[^/]*$/u.test(path),
  );
}

/** What containers of this test have left on the machine. */
function leftovers(): string[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`/${namespace}/`);
      } catch {
        return false;
      }
    });
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(`${directory}/state`) || line.includes(rootfs));
  const state = join("/run/containerd/runc", namespace);
  const folders = existsSync(state) ? readdirSync(state) : [];
  return [...processes.map((pid) => `process ${pid}`), ...mounts, ...groups().filter((path) => /\/c-[^/]*$/u.test(path)), ...folders];
}

before(async () => {
  writeRootfs();
  writeFileSync(
    join(directory, "config.toml"),
    [
      "version = 2",
      `root = "${directory}/root"`,
      `state = "${directory}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      "[grpc]",
      `address = "${socket}"`,
      "",
    ].join("\n"),
  );
  const log = openSync(join(directory, "containerd.log"), "a");
  containerd = spawn("containerd", ["--config", join(directory, "config.toml")], { stdio: ["ignore", log, log] });
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await run("ctr", [...ctr, "version"], { timeoutMs: 5000 })).code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`containerd does not answer:\n${readFileSync(join(directory, "containerd.log"), "utf8")}`);
});

after(async () => {
  const ended = new Promise((resolve) => containerd.once("exit", resolve));
  containerd.kill("SIGTERM");
  await ended;
  for (const line of globSync(`/sys/fs/cgroup/{,*/}${namespace}`)) await run("rmdir", [line]);
  rmSync(join("/run/containerd/runc", namespace), { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
});

/** Kills, waits and deletes; answers the exit code, which ctr tells when it removes the task. */
async function end(id: string): Promise<number> {
  await must("ctr", [...ctr, "task", "kill", "--signal", "SIGKILL", id]);
  for (let attempt = 0; attempt < 300; attempt++) {
    if (new RegExp(`${id}\\s+\\d+\\s+STOPPED`, "u").test(await must("ctr", [...ctr, "task", "ls"]))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { stderr } = await run("ctr", [...ctr, "task", "rm", id]);
  await must("ctr", [...ctr, "container", "rm", id]);
  return Number(/exit code (\d+)/u.exec(stderr)?.[1]);
}

/** A terminal of its own for ctr, which wants one for `-t`. */
function onTerminal(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const words = ["ctr", ...ctr, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = spawn("script", ["-qec", words, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"], timeout: 60_000 });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

test("run: output and exit code come through", async () => {
  const { code, stdout } = await run("ctr", [...ctr, "run", "--rm", ...how, rootfs, "c-run", "sh", "-c", "echo ahoy; exit 3"]);
  assert.deepEqual([stdout, code], ["ahoy\n", 3]);
});

test("run: a program that is not there is an error with runc's words", async () => {
  const { code, stderr } = await run("ctr", [...ctr, "run", "--rm", ...how, rootfs, "c-none", "no-such-program"]);
  assert.equal(code, 1);
  assert.match(stderr, /exec: "no-such-program": executable file not found in \$PATH/u);
  await run("ctr", [...ctr, "container", "rm", "c-none"]);
});

test("run with containerd's seccomp profile: the filter is there", async () => {
  const stdout = await must("ctr", [
    ...ctr,
    "run",
    "--rm",
    "--seccomp",
    ...how,
    rootfs,
    "c-seccomp",
    "grep",
    "Seccomp:",
    "/proc/self/status",
  ]);
  assert.match(stdout, /Seccomp:\t2/u);
});

test("a container that stays: exec, pause, resume, metrics, kill, delete", async () => {
  await must("ctr", [...ctr, "run", "--detach", ...how, rootfs, "c-long", "sleep", "1000"]);
  const task = (...args: readonly string[]): Promise<string> => must("ctr", [...ctr, "task", ...args]);
  assert.match(await task("ls"), /c-long\s+\d+\s+RUNNING/u);
  const executed = await run("ctr", [...ctr, "task", "exec", "--exec-id", "one", "c-long", "sh", "-c", "cat /proc/1/cmdline; exit 5"]);
  assert.deepEqual([executed.stdout.replaceAll("\0", " "), executed.code], ["sleep 1000 ", 5]);
  await task("pause", "c-long");
  assert.match(await task("ls"), /c-long\s+\d+\s+PAUSED/u);
  await task("resume", "c-long");
  assert.match(await task("metrics", "c-long"), /memory\.usage_in_bytes\s+[1-9]|memory\.usage\s+[1-9]/u);
  assert.match(await task("ps", "c-long"), /\d+/u);
  assert.equal(await end("c-long"), 137);
});

test("a terminal: for run and for exec", async () => {
  const first = await onTerminal(["run", "--tty", "--rm", ...how, rootfs, "c-tty", "sh", "-c", "tty; ls /dev/console; exit 4"]);
  assert.match(first.output, /\/dev\/pts\/0[\r\n]+\/dev\/console/u);
  assert.equal(first.code, 4);
  await must("ctr", [...ctr, "run", "--detach", ...how, rootfs, "c-tty2", "sleep", "1000"]);
  const second = await onTerminal(["task", "exec", "--tty", "--exec-id", "one", "c-tty2", "sh", "-c", "tty; exit 6"]);
  assert.match(second.output, /\/dev\/pts\/0/u);
  assert.equal(second.code, 6);
  assert.equal(await end("c-tty2"), 137);
});

test("twelve at once", async () => {
  const all = Array.from({ length: 12 }, (_none, index) =>
    run("ctr", [...ctr, "run", "--rm", ...how, rootfs, `c-many-${index}`, "sh", "-c", `exit ${index}`]),
  );
  assert.deepEqual(
    (await Promise.all(all)).map(({ code }) => code),
    all.map((_run, index) => index),
  );
});

test("nothing is left", () => {
  assert.deepEqual(leftovers(), []);
});
