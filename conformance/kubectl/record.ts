// Records the transcripts anew from a reference: `sh bin/node conformance/kubectl/record.ts KUBECONFIG KUBECTL [FILE…]`.
// Invariant: only a real kube-apiserver is a reference; what ours answers is never recorded.
// Called by: people, when cases are added. Next on the way: e2e/transcripts.e2e.ts.

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, parse, play, type Step } from "./transcript.ts";

const folder = import.meta.dirname;
const [kubeconfig, kubectl, ...chosen] = process.argv.slice(2);
if (!kubeconfig || !kubectl) {
  console.error("usage: record.ts KUBECONFIG KUBECTL [FILE…]");
  process.exit(2);
}
for (const name of chosen.length > 0
  ? chosen.map((file) => resolve(file))
  : globSync("*.txt", { cwd: folder })
      .map((file) => join(folder, file))
      .toSorted()) {
  const { comments, steps } = parse(readFileSync(name, "utf8"));
  const recorded: Step[] = [];
  for (const { command } of steps)
    recorded.push({ command, output: await play({ kubectl, kubeconfig: resolve(kubeconfig), folder }, command) });
  writeFileSync(name, format(comments, recorded));
  console.log(`${name}: ${recorded.length} commands`);
}
