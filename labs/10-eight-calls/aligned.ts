// Three runtimes under strace, side by side: the same steps, by which calls, and how many?
// Invariant: one bundle for all, with the careful config.json of lab 11; calls that failed do not count.
// Called by: lab.md beside it. Next on the way: src/runtime/init/create.ts.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, cellConfig } from "../11-inmate/cell.ts";
import { table } from "../shared/table.ts";

const runtimes = ["runc", "crun", "dhow-runtime"];

/** A step, and how strace writes the calls that do it. */
const steps: readonly (readonly [string, RegExp])[] = [
  ["worlds of its own", /^(?:unshare|clone3?|setns)\(.*CLONE_NEW/],
  ["mounts made private", /^mount(?:_setattr)?\(.*MS_(?:PRIVATE|SLAVE)/],
  ["the room a mount", /^(?:mount\(.*room.*MS_BIND|open_tree\(.*OPEN_TREE_CLONE)/],
  ["a new /proc", /^(?:mount\("proc"|fsopen\("proc")/],
  ["another root", /^(?:pivot_root|chroot)\(/],
  ["the old one goes", /^umount2\("\.", MNT_DETACH/],
  ["fewer rights", /^capset\(/],
  ["never more again", /^prctl\(PR_SET_NO_NEW_PRIVS/],
  ["the filter", /^(?:seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP)/],
  ["the program", /^execve\("\/bin\/(?:sh|busybox)"/],
];
const traced = "unshare,clone,clone3,setns,mount,mount_setattr,open_tree,fsopen,pivot_root,chroot,umount2,capset,prctl,seccomp,execve";

/** The calls that worked, in order; the resumed half of a call that was interrupted adds nothing. */
function callsOf(runtime: string): readonly string[] {
  const bundle = `bundle-${runtime}`;
  mkdirSync(bundle, { recursive: true });
  const group = `/${basename(process.env["DHOW_LAB_WORK"] ?? "dhow-lab")}/${bundle}`;
  const config = cellConfig(group, []);
  config.process["args"] = ["/bin/sh", "-c", "true"];
  config.root["path"] = "../room";
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  const run = `${runtime} --root state run --bundle ${bundle} ${bundle}`;
  const command = `${before(runtime)} exec strace -f --seccomp-bpf -s 200 -o ${bundle}/trace -e trace=${traced} ${run}`;
  const { status, stderr } = spawnSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", command], {
    encoding: "utf8",
    input: "",
  });
  if (status !== 0) throw new Error(`${runtime}: status ${status}\n${stderr}`);
  return readFileSync(join(bundle, "trace"), "utf8")
    .split("\n")
    .map((line) => line.replace(/^\d+ +/, ""))
    .filter((line) => /^\w+\(/.test(line) && !/ = -1 /.test(line));
}

const name = (call: string): string => /^\w+/.exec(call)![0];

function align(): void {
  const all = runtimes.map(callsOf);
  const cell = (calls: readonly string[], pattern: RegExp): string => {
    const found = calls.filter((call) => pattern.test(call)).map(name);
    return [...new Set(found)].map((one) => `${one} ${found.filter((other) => other === one).length}`).join(", ") || "-";
  };
  table([["", ...runtimes], ...steps.map(([step, pattern]) => [step, ...all.map((calls) => cell(calls, pattern))])]);
}

align();
