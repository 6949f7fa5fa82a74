// The suite's own rules: the grammar, the edits, the judging, and that every check of runtime-tools has a case.
// Invariant: needs no runtime and no root; what the cases mean is for run.ts.
// Called by: npm test. Next on the way: cases.ts.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { applyEdit, baseConfig } from "./bundle.ts";
import { type Case, format, parse } from "./cases.ts";
import { mutants } from "./guards.ts";
import { answers, judge } from "./suite.ts";

const folder = join(import.meta.dirname, "cases");
const files = globSync("*.txt", { cwd: folder }).toSorted();
const cases = files.flatMap((file) => parse(readFileSync(join(folder, file), "utf8"), file.slice(0, -4)).cases);

/** The validation programs of runtime-tools. */
const checks = `
config_updates_without_affect create default delete delete_only_create_resources delete_resources hooks hooks_stdin
hostname kill kill_no_effect killsig linux_cgroups_blkio linux_cgroups_cpus linux_cgroups_devices linux_cgroups_hugetlb
linux_cgroups_memory linux_cgroups_network linux_cgroups_pids linux_cgroups_relative_blkio linux_cgroups_relative_cpus
linux_cgroups_relative_devices linux_cgroups_relative_hugetlb linux_cgroups_relative_memory
linux_cgroups_relative_network linux_cgroups_relative_pids linux_devices linux_masked_paths linux_mount_label
linux_ns_itype linux_ns_nopath linux_ns_path linux_ns_path_type linux_process_apparmor_profile linux_readonly_paths
linux_rootfs_propagation linux_seccomp linux_sysctl linux_uid_mappings misc_props mounts pidfile poststart
poststart_fail poststop poststop_fail prestart prestart_fail process process_capabilities process_capabilities_fail
process_oom_score_adj process_rlimits process_rlimits_fail process_user root_readonly_true start state
`
  .trim()
  .split(/\s+/u);

test("the cases: at least 250, each with a name of its own and an answer", () => {
  assert.ok(cases.length >= 250, `${cases.length} cases`);
  const names = cases.map(({ file, name }) => `${file}: ${name}`);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
  assert.deepEqual(
    cases.filter(({ steps }) => steps.length === 0).map(({ name }) => name),
    [],
  );
});

test("the files are written as `format` writes them, so that recording changes only answers", () => {
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    assert.equal(format(parse(text, file)), text, file);
  }
});

test("every check of runtime-tools has a case", () => {
  const named = new Set(cases.flatMap(({ see }) => see));
  assert.deepEqual(
    checks.filter((check) => !named.has(`tools ${check}`)),
    [],
  );
});

/** Of runtimes, runc's first of all. */
const holes = "2019-5736 2021-30465 2023-27561 2024-21626 2025-31133 2025-52565 2025-52881".split(" ").map((number) => `CVE-${number}`);

test("every published hole has an attack and a guard; every guard is where guards.ts says, and its attack exists", () => {
  const root = join(import.meta.dirname, "../..");
  const [tried, guarded] = [new Set(cases.flatMap(({ see }) => see)), new Set(mutants.flatMap(({ see }) => see))];
  assert.deepEqual(
    holes.filter((hole) => !tried.has(hole) || !guarded.has(hole)),
    [],
  );
  const names = new Set(cases.filter(({ file }) => file === "attacks").map(({ name }) => name));
  for (const { attack, guard, edits } of mutants) {
    assert.ok(names.has(attack), `attacks.txt has no case: ${attack}`);
    for (const { file, from } of edits)
      assert.equal(readFileSync(join(root, file), "utf8").split(from).length, 2, `${guard}: ${file} has not exactly one: ${from}`);
  }
});

test("nothing of the machine that recorded is in an answer", () => {
  const told = cases.filter(({ steps }) => steps.some(({ expected }) => /\/tmp\/dhow-oci|oci-\d+-\d+/u.test(expected)));
  assert.deepEqual(
    told.map(({ name }) => name),
    [],
  );
});

test("edits of config.json: set, add, drop, and the words of a run", () => {
  const config = baseConfig("true", "/x");
  const words = new Map([["ID", "seven"]]);
  const edit = (op: "set" | "add" | "drop", path: string, value?: unknown): void =>
    applyEdit(config, value === undefined ? { op, path } : { op, path, value }, words);
  edit("set", "process.user.uid", 7);
  edit("add", "process.env", "SHIP=$ID and $HOME");
  edit("drop", "linux.namespaces", { type: "pid" });
  edit("drop", "hostname");
  edit("set", "linux.resources.pids", { limit: 1 });
  const { process, linux } = config as {
    process: { user: unknown; env: string[] };
    linux: { namespaces: { type: string }[]; resources: unknown };
  };
  assert.deepEqual(process.user, { uid: 7, gid: 0 });
  assert.equal(process.env.at(-1), "SHIP=seven and $HOME");
  assert.deepEqual(
    linux.namespaces.map(({ type }) => type),
    ["network", "ipc", "uts", "mount"],
  );
  assert.deepEqual(linux.resources, { pids: { limit: 1 } });
});

test("a line nobody understands is an error that names file and case", () => {
  assert.throws(
    () => parse("== a\nconfig process.user\nrun\n----\n", "sails"),
    /sails: a: config: a value was expected after process.user/u,
  );
  assert.throws(() => parse("hoist\n", "sails"), /sails: a comment or a case was expected/u);
  assert.throws(() => parse("== a\nexcept runc\nrun\n----\n", "sails"), /RUNTIME: why/u);
});

test("an answer is compared whole, line by line, `~` lines as patterns", () => {
  assert.equal(answers("one\n~ t.o", "one\ntwo"), true);
  assert.equal(answers("~ t.o", "two three"), false);
  assert.equal(answers("one", "one\ntwo"), false);
});

test("the verdicts", () => {
  const [entry] = parse("== a\nexcept crun: it is older\nrun\n----\nwell\n", "f").cases;
  const on = (name: string, expected: string, leaks = ""): string =>
    judge(entry as Case, { name, path: "/x" }, { steps: [{ command: "run", expected }], said: "", leaks }).verdict;
  assert.equal(on("runc", "well"), "ok");
  assert.equal(on("runc", "ill"), "failed");
  assert.equal(on("runc", "well", "process: sleep"), "failed");
  assert.equal(on("crun", "ill"), "known");
  assert.equal(on("crun", "well"), "mended");
});
