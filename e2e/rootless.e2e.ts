// Containers of a user without any rights: a busybox bundle, made, entered and deleted by somebody who is nobody on this machine.
// Invariant: what the user could not reach before (the machine's processes, its host name, root) is not reached from inside either.
// Called by: npm run e2e. Next on the way: src/runtime/user-namespace.ts.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Result, run } from "./support/commands.ts";

const root = join(import.meta.dirname, "..");
const uid = 61_183;
const asUser = { uid, gid: uid } as const;
const folder = mkdtempSync(join(tmpdir(), "dhow-e2e-rootless-"));
const bundle = join(folder, "bundle");
const state = join(folder, "state");
// The project may lie where this user cannot look: its runtime and Node are copied.
const runtime = join(folder, "copy/bin/dhow-runtime");

/** Some machines let only root make user namespaces. */
const refused =
  spawnSync("unshare", ["--user", "true"], asUser).status === 0 ? false : "this machine lets nobody but root make user namespaces";

function oci(...args: readonly string[]): Promise<Result> {
  return run(runtime, ["--root", state, ...args], { ...asUser, cwd: bundle, env: { HOME: folder } });
}

function copyRuntime(): void {
  mkdirSync(join(folder, "copy/bin"), { recursive: true });
  for (const name of ["dhow-runtime", "dhow-runtime.gen.cjs", "dhow-runtime-more.gen.cjs", "dhow-runtime-filter.gen.cjs"])
    cpSync(join(root, "bin", name), join(folder, "copy/bin", name));
  const node = join(folder, "copy/node_modules/node-linux-here/bin");
  mkdirSync(node, { recursive: true });
  copyFileSync(process.execPath, join(node, "node"));
  chmodSync(join(node, "node"), 0o755);
}

async function setArgs(...args: readonly string[]): Promise<void> {
  const path = join(bundle, "config.json");
  rmSync(path, { force: true });
  const { code, stderr } = await oci("spec", "--rootless");
  assert.equal(code, 0, stderr);
  const config = JSON.parse(readFileSync(path, "utf8")) as { process: object };
  writeFileSync(path, JSON.stringify({ ...config, process: { ...config.process, terminal: false, args } }));
}

describe("rootless", { skip: refused }, () => {
  before(() => {
    copyRuntime();
    const rootfs = join(bundle, "rootfs");
    for (const name of ["bin", "dev", "proc", "sys", "tmp"]) mkdirSync(join(rootfs, name), { recursive: true });
    copyFileSync("/bin/busybox", join(rootfs, "bin/busybox"));
    for (const name of ["sh", "id", "sleep", "cat", "hostname", "ls"]) symlinkSync("busybox", join(rootfs, "bin", name));
    for (const path of [folder, bundle, rootfs]) chownSync(path, uid, uid);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test("run: root inside, the user outside, a machine of its own", async () => {
    await setArgs("sh", "-c", "id -u; cat /proc/self/uid_map; hostname; ls /proc | grep -c '^[0-9]'; hostname x 2>&1; exit 5");
    const { code, stdout, stderr } = await oci("run", "lone");
    assert.equal(code, 5, stderr);
    const [inside, map, host, processes, ...more] = stdout.trim().split("\n");
    assert.deepEqual([inside, map?.trim().split(/\s+/u), host], ["0", ["0", `${uid}`, "1"], "dhow"]);
    assert.ok(Number(processes) <= 4, stdout);
    assert.match(more.join("\n"), /Operation not permitted/u);
  });

  test("create, start, exec, kill, delete", async () => {
    await setArgs("sleep", "1000");
    // The container's first process holds what it was given as output: a file here, lest the caller wait for it.
    const create = `exec "$0" --root "$1" create two </dev/null >"$2/out" 2>&1`;
    const made = await run("sh", ["-c", create, runtime, state, folder], { ...asUser, cwd: bundle, env: { HOME: folder } });
    assert.equal(made.code, 0, readFileSync(join(folder, "out"), "utf8"));
    assert.equal((await oci("start", "two")).code, 0);
    const { pid, status, owner } = JSON.parse((await oci("state", "two")).stdout) as { pid: number; status: string; owner: string };
    assert.equal(status, "running", owner);
    assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), new RegExp(`^Uid:\t${uid}\t${uid}`, "mu"));
    const executed = await oci("exec", "two", "sh", "-c", "cat /proc/1/cmdline; exit 4");
    assert.deepEqual([executed.stdout.replaceAll("\0", " "), executed.code], ["sleep 1000 ", 4], executed.stderr);
    assert.equal((await oci("delete", "--force", "two")).code, 0);
    assert.equal((await oci("state", "two")).code, 1);
  });
});
