// The same cases where control groups have version 2 alone, or on another processor (`--arch arm64`): machines in QEMU with Debian's kernel.
// Invariant: opt-in; a guest reads this project, can write nothing of the host's, has no network, and ends with this command. A case takes seconds.
// Called by: hand, `sh bin/node conformance/oci/vm.ts --runtime bin/dhow-runtime`. Next on the way: vm-machine.ts, then run.ts inside.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { choice, choose, readCases, readEach } from "./choice.ts";
import { count, runtimesOf, settings, UsageError } from "./flags.ts";
import type { Result } from "./suite.ts";
import { summary } from "./summary.ts";
import { printTable } from "./table.ts";
import { amd64 } from "./vm-amd64.ts";
import { arm64 } from "./vm-arm64.ts";
import { boot, missing, root } from "./vm-machine.ts";

const kinds = new Map([amd64, arm64].map((kind) => [kind.name, kind]));
const all = readCases(join(import.meta.dirname, "cases"));
const command = {
  name: "vm.ts",
  words: "FILE-OR-WORDS…",
  flags: {
    ...choice,
    arch: { type: "string", default: "amd64", value: "NAME", says: "the machines' processor: amd64, or arm64" },
    machines: { type: "string", default: "1", value: "N", says: "that share the cases; each takes a processor" },
  },
} as const;
const wanted = settings(command, (values, words) => {
  const kind = kinds.get(values.arch);
  if (!kind) throw new UsageError(`--arch: ${[...kinds.keys()].join(" or ")}, and not ${values.arch}`);
  for (const name of values.runtime)
    if (name.startsWith("/") && ![root, "/usr"].some((folder) => name.startsWith(`${folder}/`)))
      throw new UsageError(`--runtime: inside there are only this project and /usr, and not ${name}`);
  const inside = values.runtime.map((name) => (name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name));
  const sample = count("sample", values.sample);
  const cases = choose(all, words).filter((_entry, index) => index % sample === 0);
  const flags = [
    ...inside.flatMap((name) => ["--runtime", name]),
    "--sample",
    `${sample}`,
    ...(values.all ? ["--all"] : []),
    ...(values.strict ? ["--strict"] : []),
  ];
  return {
    kind,
    cases,
    runtimes: runtimesOf(values.runtime),
    machines: count("machines", values.machines),
    values,
    guest: [...flags, "--", ...words],
  };
});
const lacking = missing(wanted.kind.needed);
if (lacking.length > 0) {
  console.error(`this needs Debian's ${lacking.join(", ")}`);
  process.exit(1);
}
const machine = wanted.kind.guest();
const { machines, cases, runtimes, guest, values } = wanted;
const results = new Map(cases.map((entry) => [entry, new Map<string, Result>()]));
const codes = Array.from({ length: machines }, (_none, index) => {
  const mark = machines === 1 ? "" : `${index + 1}| `;
  return boot(machine, ["--part", `${index + 1}/${machines}`, ...guest], (line) => {
    console.log(mark + line);
    const told = readEach(line, all);
    if (told) results.get(told.entry)?.set(told.runtime, { verdict: told.verdict, why: "see above" });
  });
});
const code = Math.max(...(await Promise.all(codes)));
if (machines > 1) printTable(cases, runtimes, results, values);
if (values.summary !== undefined) writeFileSync(values.summary, `Linux ${machine.kernel.version}\n\n${summary(cases, runtimes, results)}`);
process.exitCode = code;
