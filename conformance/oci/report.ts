// The report from inside: `sh bin/node conformance/oci/report.ts --runtime runc --runtime bin/dhow-runtime [WORDS…]`.
// Invariant: the first runtime is what the others are compared with, line by line; nothing is recorded; exit 1 if a line differs.
// Called by: people, e2e/oci.e2e.ts. Next on the way: report.sh, configurations.txt.

import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Case, parse } from "./cases.ts";
import { choice, choose } from "./choice.ts";
import { runtimesOf, settings } from "./flags.ts";
import { play, type Runtime } from "./play.ts";

const here = import.meta.dirname;
const program = readFileSync(join(here, "report.sh"), "utf8");

/** (The network device 10:200 is one that runc allowed to everybody until 1.2.) What the machine sees of the container's cgroups and sums up nowhere else. */
const groups = [
  "for f in pids/pids.max memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes memory/memory.swappiness memory/memory.oom_control",
  "cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus cpuset/cpuset.mems devices/devices.list freezer/freezer.state;",
  'do [ -e "/sys/fs/cgroup/$f" ] && echo "$f $(cg "${f%/*}" "${f#*/}" | grep -v "^c 10:200 " | sort | tr "\\n" " ")"; done',
].join(" ");

const commands = [
  'mkdir hold; touch name; for t in pid net ipc uts mnt cgroup user time; do echo "$t $(readlink /proc/self/ns/$t)"; done >rootfs/etc/outside',
  'grep -q uidMappings config.json && chown -R 100000:100000 rootfs; create >/dev/null && ls "/proc/$(pid)/ns" >/dev/null',
  `grep -q uid "/proc/$(pid)/uid_map"; ${groups}`,
  "start; output; cat $WORK/stderr",
];

function asCase(entry: Case): Case {
  return { ...entry, inside: program, steps: commands.map((command) => ({ command, expected: "" })) };
}

async function reportOf(entry: Case, runtime: Runtime, folder: string, id: string): Promise<string[]> {
  const { steps, said, leaks } = await play(asCase(entry), runtime, { folder, id });
  const lines = [...steps.flatMap(({ expected }) => expected.split("\n")), ...said.split("\n"), ...leaks.split("\n")];
  return lines
    .map((line) => line.replaceAll(join(folder, id), "WORK").replaceAll(folder, "FOLDER").replaceAll(id, "ID"))
    .filter((line) => line !== "");
}

/** Lines that only one of them has; a report has its order from the probe, so that sets are enough to tell. */
function compare(reference: readonly string[], other: readonly string[]): string[] {
  return [
    ...reference.filter((line) => !other.includes(line)).map((line) => `- ${line}`),
    ...other.filter((line) => !reference.includes(line)).map((line) => `+ ${line}`),
  ];
}

const command = {
  name: "report.ts",
  words: "WORDS…",
  flags: { runtime: choice.runtime, show: { type: "boolean", default: false, says: "what the first one's container says" } },
} as const;
const all = parse(readFileSync(join(here, "configurations.txt"), "utf8"), "configurations").cases;
const { first, others, chosen, show } = settings(command, (values, words) => {
  const [first, ...others] = runtimesOf(values.runtime);
  return { first: first!, others, chosen: choose(all, words), show: values.show };
});
const folder = mkdtempSync(join(tmpdir(), "dhow-oci-"));
chmodSync(folder, 0o755);
let differences = 0;
for (const [index, entry] of chosen.entries()) {
  const reference = await reportOf(entry, first, folder, `oci-${process.pid}-${index}-0`);
  if (show) console.log(reference.join("\n"));
  for (const [at, runtime] of others.entries()) {
    const lines = compare(reference, await reportOf(entry, runtime, folder, `oci-${process.pid}-${index}-${at + 1}`));
    differences += lines.length;
    console.log(`${lines.length === 0 ? "ok  " : "≠   "} ${entry.name} [${runtime.name}]${lines.map((line) => `\n     ${line}`).join("")}`);
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`${chosen.length} configurations compared with ${first.name}, ${differences} lines differ`);
process.exitCode = differences === 0 ? 0 : 1;
