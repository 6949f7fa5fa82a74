// Guards of our runtime, each taken out of a copy: `sh bin/node conformance/oci/mutants.ts [WORDS…]`. The attack it stands against must then get through.
// Invariant: a mutant that no case of attacks.txt notices is a failure, and so is a copy with all guards that an attack gets past; the sources are never touched.
// Called by: people, when the runtime changes. Next on the way: guards.ts, cases/attacks.txt.

import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "./cases.ts";
import { settings, UsageError } from "./flags.ts";
import { type Edit, type Mutant, mutants } from "./guards.ts";
import { playAll, type Result } from "./suite.ts";

const root = join(import.meta.dirname, "../..");
const attacks = parse(readFileSync(join(import.meta.dirname, "cases/attacks.txt"), "utf8"), "attacks").cases;

function apply(folder: string, { file, from, to }: Edit): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
}

/** A copy of the runtime with some guards gone, and a launcher that runs it from its sources. */
function build(folder: string, edits: readonly Edit[], ownNode: boolean): string {
  for (const part of ["src/runtime", "src/linux", "src/lib", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const edit of edits) apply(folder, edit);
  const node = ownNode ? join(folder, "node") : process.execPath;
  if (ownNode) copyFileSync(process.execPath, node);
  const launcher = join(folder, "dhow-runtime");
  const flags = "--disable-proto=delete --no-warnings";
  const entry = join(folder, "src/runtime/main.ts");
  writeFileSync(launcher, `#!/bin/sh\nexec ${node} ${flags} ${entry} --soft-nofile "$(ulimit -Sn)" "$@"\n`);
  chmodSync(launcher, 0o755);
  return launcher;
}

async function attacked(names: readonly string[], edits: readonly Edit[], ownNode: boolean): Promise<readonly (Result | undefined)[]> {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-mutant-"));
  chmodSync(folder, 0o755);
  const cases = names.map((name) => {
    const found = attacks.find((one) => one.name === name);
    if (!found) throw new Error(`attacks.txt has no case: ${name}`);
    return found;
  });
  const runtime = { name: "dhow-runtime", path: build(folder, edits, ownNode) };
  const { results, place } = await playAll({ cases, runtimes: [runtime], jobs: 2, strict: true, signal: new AbortController().signal });
  for (const path of [place, folder]) rmSync(path, { recursive: true, force: true });
  return cases.map((one) => results.get(one)?.get(runtime.name));
}

const chosen = settings({ name: "mutants.ts", words: "WORDS…", flags: {} }, (_values, words) => {
  const has = (word: string) => (mutant: Mutant) => mutant.guard.includes(word) || mutant.see.includes(word);
  const idle = words.find((word) => !mutants.some(has(word)));
  if (idle !== undefined) throw new UsageError(`no guard and no hole has the word: ${idle}`);
  return mutants.filter((mutant) => words.length === 0 || words.some((word) => has(word)(mutant)));
});
let failures = 0;
const names = [...new Set(chosen.map(({ attack }) => attack))];
for (const [index, result] of (await attacked(names, [], true)).entries()) {
  if (result?.verdict === "ok") continue;
  failures++;
  console.log(`✖ with every guard: ${names[index]}: ${result?.verdict}\n${result?.why ?? ""}`);
}
if (failures === 0) console.log(`✔ with every guard: all ${names.length} attacks are refused or stay inside`);
for (const { see, guard, edits, attack, ownNode = false } of chosen) {
  const [result] = await attacked([attack], edits, ownNode);
  const noticed = result?.verdict === "failed";
  if (!noticed) failures++;
  const outcome = noticed ? "the attack gets through" : `nobody notices (${result?.verdict})`;
  console.log(`${noticed ? "✔" : "✖"} ${see.join(", ")}: without "${guard}": ${outcome}`);
  if (noticed) console.log(result.why.replaceAll(/^/gmu, "    "));
}
process.exitCode = failures === 0 ? 0 : 1;
