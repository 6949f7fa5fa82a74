// A sample of conformance/oci on the reference runtimes and on ours, in one table; the whole is a command of its own.
// Invariant: ours fails no case that the references pass here; the machine has no more cgroups, mounts or processes than before.
// Called by: npm run e2e. Next on the way: conformance/oci/README.md.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const ours = join(root, "bin/dhow-runtime");
const runtimes = ["runc", "crun", ...(existsSync(ours) ? [ours] : [])].flatMap((path) => ["--runtime", path]);

function run(file: string, ...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "conformance/oci", file), ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: 300_000,
  });
  return { status, output: stdout + stderr };
}

const mounts = (): string[] => readFileSync("/proc/self/mountinfo", "utf8").split("\n");
const groups = (): string[] => globSync(["/sys/fs/cgroup/dhow-oci/*", "/sys/fs/cgroup/*/dhow-oci/oci-*"]).toSorted();

test("a sample of the cases: ours fails none that the references pass", () => {
  const before = [mounts(), groups()];
  const { status, output } = run("run.ts", ...runtimes, "--sample", "12");
  console.log(output);
  assert.equal(status, 0, output);
  const [, passed] = /^runc: (\d+) ok/mu.exec(output) ?? [];
  assert.ok(Number(passed) > 20, "a sample in which the reference itself passes little tells nothing");
  assert.deepEqual([mounts(), groups()], before);
});

test("user namespaces of a runtime below a folder that only root may enter", () => {
  const closed = mkdtempSync(join(tmpdir(), "dhow-oci-closed-"));
  try {
    const bin = join(closed, "copy/bin");
    mkdirSync(bin, { recursive: true });
    for (const name of globSync("dhow-runtime*", { cwd: join(root, "bin") })) cpSync(join(root, "bin", name), join(bin, name));
    symlinkSync(join(root, "node_modules"), join(closed, "copy/node_modules"));
    const { status, output } = run("run.ts", "--runtime", join(bin, "dhow-runtime"), "exec enters the user", "root inside is another");
    assert.equal(status, 0, output);
    assert.match(output, /^dhow-runtime: [1-9]\d* ok, 0 failed/mu);
  } finally {
    rmSync(closed, { recursive: true, force: true });
  }
});
