// conformance/etcd/cluster, played by real etcdctl on three members of `dhow store`: as three etcds answered.
// Invariant: the expectations were recorded from etcd; where etcd is on the machine, it is asked again in the same run.
// Called by: npm run e2e. Next on the way: conformance/etcd/cluster/members.ts.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ClusterSession } from "../conformance/etcd/cluster/members.ts";
import { parse } from "../conformance/etcd/transcript.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "conformance/etcd/cluster");

for (const file of globSync("*.txt", { cwd: folder }))
  describe(file, () => {
    let session: ClusterSession;
    before(async () => {
      session = new ClusterSession(["sh", join(root, "bin/dhow"), "store"], "/usr/bin/etcdctl");
      await session.open(3);
    });
    after(() => session.close());
    for (const [index, step] of parse(readFileSync(join(folder, file), "utf8")).steps.entries())
      test(`${index + 1}: ${step.command}`, async () => {
        assert.equal(await session.play(step.command), step.output);
      });
  });
