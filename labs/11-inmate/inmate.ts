// Puts the inmate into its cell, once for each line that is left out and each runtime, and says what it could do.
// Invariant: the same bytes are given to every runtime; what it says comes from inside alone.
// Called by: yard.sh. `matrix [WORD …]`: every line, or those with such a word, once. Else the lines that the file `removed` names. Next on the way: cell.ts.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { table } from "../shared/table.ts";
import { before, cellConfig, lines, writeRootfs } from "./cell.ts";

const runtimes = ["runc", "crun", "dhow-runtime"];

let number = 0;
function deeds(runtime: string, without: readonly string[]): readonly string[] {
  const id = `cell-${++number}`;
  const bundle = join("cells", id);
  mkdirSync(bundle);
  const group = `/${basename(process.env["DHOW_LAB_WORK"] ?? "dhow-lab")}/${id}`;
  writeFileSync(join(bundle, "config.json"), JSON.stringify(cellConfig(group, without)));
  const command = `${before(runtime)} exec ${runtime} --root cells/state run --bundle ${bundle} ${id}`;
  const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", command], {
    encoding: "utf8",
    input: "",
  });
  if (status !== 0) throw new Error(`${runtime}, without ${without.join(", ") || "nothing"}: status ${status}\n${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

function row(name: string, without: readonly string[]): readonly (readonly string[])[] {
  const found = runtimes.map((runtime) => ({ runtime, did: deeds(runtime, without) }));
  const all = [...new Set(found.flatMap(({ did }) => did))];
  if (all.length === 0) return [[name, "nothing", runtimes.join(" ")]];
  return all.map((deed) => [name, deed, found.flatMap(({ runtime, did }) => (did.includes(deed) ? [runtime] : [])).join(" ")]);
}

writeRootfs("cells/rootfs", ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path)) ?? "busybox", "probe.sh");
const [how, ...words] = process.argv.slice(2);
if (how === "matrix") {
  const wanted = Object.keys(lines).filter((line) => words.length === 0 || words.some((word) => line.includes(word)));
  table(wanted.flatMap((line) => row(`without ${line}`, [line])));
} else {
  const without = existsSync("removed") ? readFileSync("removed", "utf8").split("\n").filter(Boolean) : [];
  table(row("the inmate can", without));
}
