// Everything in conformance/kubectl, played by real kubectl against our API server: identical answers or a failure.
// Invariant: the expectations were recorded from a real kube-apiserver, see conformance/kubectl/README.md.
// Called by: npm run e2e. Next on the way: conformance/kubectl/transcript.ts, what is scrubbed.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse, play } from "../conformance/kubectl/transcript.ts";
import { Cluster, kubectls, root } from "./support/cluster.ts";

const cluster = new Cluster("transcripts");
const folder = join(root, "conformance/kubectl");
const available = await kubectls();

before(() => cluster.up("--simulated-nodes", "1", "--runtime", "simulated"));
after(() => cluster.destroy());

for (const file of globSync("*.txt", { cwd: folder }).toSorted()) {
  // The version that recorded a file plays it: texts of kubectl itself change between versions.
  const version = /\.(1\.\d+)\.txt$/.exec(file)?.[1];
  const kubectl = available.find((one) => one.name === `kubectl ${version}`);
  describe(file, { skip: kubectl ? false : `no kubectl ${version} on this machine` }, () => {
    for (const [index, step] of parse(readFileSync(join(folder, file), "utf8")).steps.entries()) {
      test(`${index + 1}: ${step.command}`, async () => {
        assert.equal(await play({ kubectl: kubectl!.path, kubeconfig: cluster.kubeconfig, folder }, step.command), step.output);
      });
    }
  });
}
