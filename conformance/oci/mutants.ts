// Guards of our runtime, each taken out of a copy: `sh bin/node conformance/oci/mutants.ts`. The attack it stands against must then get through.
// Invariant: a mutant that no case of attacks.txt notices is a failure; the sources themselves are never touched.
// Called by: people, when the runtime changes. Next on the way: cases/attacks.txt.

import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "./cases.ts";
import { playAll } from "./suite.ts";

interface Mutant {
  readonly guard: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The case that must fail then. */
  readonly attack: string;
}

const mutants: readonly Mutant[] = [
  {
    guard: "nothing is mounted below /proc",
    file: "src/runtime/init/mounts.ts",
    from: '  checkProc(mount.destination, mount.type ?? "", plan);\n',
    to: "",
    attack: "a mount below /proc is refused",
  },
  {
    guard: "/proc and /sys are mounted on folders, not where links lead",
    file: "src/runtime/init/mounts.ts",
    from: "const target = ordinary ? ordinaryFolder(inside, mount.destination, type) : inside.makeFolder(mount.destination);",
    to: "const target = inside.makeFolder(mount.destination);",
    attack: "/proc as a link in the image is refused",
  },
  {
    guard: "what the runtime has open is closed when the program begins",
    file: "src/runtime/init/identity.ts",
    from: "  syscalls.closeOnExecFrom(kept);\n",
    to: "  for (let fd = kept; fd < 64; fd++) try { syscalls.keepOnExec(fd); } catch {}\n",
    attack: "nothing of the runtime is open in the process",
  },
];

const root = join(import.meta.dirname, "../..");
const attacks = parse(readFileSync(join(import.meta.dirname, "cases/attacks.txt"), "utf8"), "attacks").cases;

/** A copy of the runtime with one guard gone, and a launcher that runs it from its sources. */
function build(folder: string, { file, from, to }: Mutant): string {
  for (const part of ["src/runtime", "src/linux", "src/lib", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one: ${from}`);
  writeFileSync(path, text.replace(from, to));
  const launcher = join(folder, "dhow-runtime");
  const entry = join(folder, "src/runtime/main.ts");
  writeFileSync(
    launcher,
    `#!/bin/sh\nexec ${process.execPath} --disable-proto=delete --no-warnings ${entry} --soft-nofile "$(ulimit -Sn)" "$@"\n`,
  );
  chmodSync(launcher, 0o755);
  return launcher;
}

let alive = 0;
for (const mutant of mutants) {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-mutant-"));
  const cases = attacks.filter(({ name }) => name === mutant.attack);
  const runtime = { name: "dhow-runtime", path: build(folder, mutant) };
  const { results, place } = await playAll({ cases, runtimes: [runtime], jobs: 1, strict: true, signal: new AbortController().signal });
  const [result] = [...results.values()].map((row) => row.get(runtime.name));
  for (const path of [place, folder]) rmSync(path, { recursive: true, force: true });
  const noticed = result?.verdict === "failed";
  if (!noticed) alive++;
  console.log(
    `${noticed ? "✔" : "✖"} without "${mutant.guard}": ${noticed ? "the attack gets through" : `nobody notices (${result?.verdict})`}`,
  );
  if (noticed) console.log(result.why.replaceAll(/^/gmu, "    "));
}
process.exitCode = alive === 0 ? 0 : 1;
