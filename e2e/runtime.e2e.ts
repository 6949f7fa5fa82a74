// Our OCI runtime in runc's place: a containerd of its own, driven by ctr, runs containers through bin/dhow-runtime.
// Invariant: whatever happened, afterwards no process, control group, mount, shim or state folder of these containers is left.
// Called by: npm run e2e. Next on the way: conformance/oci/many.ts, hundreds of them; conformance/oci, every rule of the specification.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cgroupFolders, processCgroups } from "#linux";
import { OwnContainerd } from "./support/containerd.ts";
import { updateTask } from "./support/taskupdate.ts";

const containerd = new OwnContainerd("runtime", join(import.meta.dirname, "../bin/dhow-runtime"));
/** By version of the control groups. */
const limits = ["memory.limit_in_bytes", "memory.max"] as const;
let untouched: Awaited<ReturnType<OwnContainerd["look"]>>;

before(async () => {
  await containerd.start();
  // The first container makes what stays as long as this containerd does.
  await containerd.mustCtr(...containerd.runArgs("c-first", ["--rm"], ["true"]));
  untouched = await containerd.look();
});

after(() => containerd.stop());

const start = (id: string, ...flags: readonly string[]): Promise<string> =>
  containerd.mustCtr(...containerd.runArgs(id, ["--detach", ...flags], ["sleep", "1000"]));
const task = (...args: readonly string[]): Promise<string> => containerd.mustCtr("task", ...args);

/** Kills, waits and deletes; answers the exit code, which ctr tells when it removes the task. */
async function end(id: string): Promise<number> {
  await task("kill", "--signal", "SIGKILL", id);
  for (let attempt = 0; attempt < 600; attempt++) {
    if (new RegExp(`${id}\\s+\\d+\\s+STOPPED`, "u").test(await task("ls"))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { stderr } = await containerd.ctr("task", "rm", id);
  await containerd.mustCtr("container", "rm", id);
  return Number(/exit code (\d+)/u.exec(stderr)?.[1]);
}

/** A terminal of its own for ctr, which wants one for `-t`; it is 30 rows high and 90 columns wide. */
function onTerminal(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const words = `stty rows 30 cols 90; ${containerd.words(args)}`;
  const child = spawn("script", ["-qec", words, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"], timeout: 120_000 });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

test("run: output and exit code come through", async () => {
  const { code, stdout } = await containerd.ctr(...containerd.runArgs("c-run", ["--rm"], ["sh", "-c", "echo ahoy; exit 3"]));
  assert.deepEqual([stdout, code], ["ahoy\n", 3]);
});

test("run: a program that is not there is an error with runc's words", async () => {
  const { code, stderr } = await containerd.ctr(...containerd.runArgs("c-none", ["--rm"], ["no-such-program"]));
  assert.equal(code, 1);
  assert.match(stderr, /exec: "no-such-program": executable file not found in \$PATH/u);
  await containerd.ctr("container", "rm", "c-none");
});

test("run with containerd's seccomp profile: the filter is there", async () => {
  const stdout = await containerd.mustCtr(
    ...containerd.runArgs("c-seccomp", ["--rm", "--seccomp"], ["grep", "Seccomp:", "/proc/self/status"]),
  );
  assert.match(stdout, /Seccomp:\t2/u);
});

test("a container that stays: exec, pause, resume, metrics, kill, delete", async () => {
  await start("c-long");
  assert.match(await task("ls"), /c-long\s+\d+\s+RUNNING/u);
  const executed = await containerd.ctr("task", "exec", "--exec-id", "one", "c-long", "sh", "-c", "cat /proc/1/cmdline; exit 5");
  assert.deepEqual([executed.stdout.replaceAll("\0", " "), executed.code], ["sleep 1000 ", 5]);
  await task("pause", "c-long");
  assert.match(await task("ls"), /c-long\s+\d+\s+PAUSED/u);
  await task("resume", "c-long");
  assert.match(await task("metrics", "c-long"), /memory\.usage_in_bytes\s+[1-9]|memory\.usage\s+[1-9]/u);
  assert.match(await task("ps", "c-long"), /\d+/u);
  assert.equal(await end("c-long"), 137);
});

test("what a running task may use is changed, and the kernel has it", async () => {
  await start("c-update");
  const pid = Number(/c-update\s+(\d+)\s+RUNNING/u.exec(await task("ls"))?.[1]);
  const memory = processCgroups(pid)
    .flatMap(cgroupFolders)
    .find((folder) => existsSync(join(folder, limits[0])) || existsSync(join(folder, limits[1])));
  assert.ok(memory, "its memory is counted");
  const limit = (): string =>
    limits
      .map((name) => join(memory, name))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, "utf8"))[0]!;
  await updateTask(containerd, "c-update", { memory: { limit: 60_002_304 } });
  assert.equal(limit(), "60002304\n");
  await assert.rejects(updateTask(containerd, "c-update", { memory: { limit: 1 } }), /memory/u);
  assert.equal(await end("c-update"), 137);
});

test("a terminal: for run and for exec, as large as the caller's", async () => {
  const look = ["sh", "-c", "until stty size | grep -q '30 90'; do sleep 0.1; done; tty; stty size; ls /dev/console; exit 4"];
  const first = await onTerminal(containerd.runArgs("c-tty", ["--tty", "--rm"], look));
  assert.match(first.output, /\/dev\/pts\/0[\r\n]+30 90[\r\n]+\/dev\/console/u);
  assert.equal(first.code, 4);
  await start("c-tty2");
  const second = await onTerminal(["task", "exec", "--tty", "--exec-id", "one", "c-tty2", "sh", "-c", "tty; exit 6"]);
  assert.match(second.output, /\/dev\/pts\/0/u);
  assert.equal(second.code, 6);
  assert.equal(await end("c-tty2"), 137);
});

test("a task that is deleted by force while it runs", async () => {
  await start("c-forced");
  await containerd.ctr("task", "rm", "--force", "c-forced");
  await containerd.mustCtr("container", "rm", "c-forced");
  assert.equal(/c-forced/u.test(await task("ls")), false);
});

test("twelve at once", async () => {
  const all = Array.from({ length: 12 }, (_none, index) =>
    containerd.ctr(...containerd.runArgs(`c-many-${index}`, ["--rm"], ["sh", "-c", `exit ${index}`])),
  );
  assert.deepEqual(
    (await Promise.all(all)).map(({ code }) => code),
    all.map((_run, index) => index),
  );
});

test("nothing is left: processes, mounts, groups, shims, folders, interfaces", async () => {
  assert.deepEqual(untouched.own, []);
  assert.deepEqual(await containerd.look(), untouched);
});
