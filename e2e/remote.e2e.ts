// One suite, every store: the API server's own tests on `dhow store` over gRPC and on etcd, then kubectl's transcripts on a cluster whose data
// lies in etcd. On memory the same tests are part of `npm test`.
// Invariant: nothing here knows which store it is; each test has a prefix of its own in it. Leases of events end by the store's clock.
// Called by: npm run e2e. Next on the way: src/apiserver/teststore.ts; remote-members.e2e.ts for what happens when members go.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startServer, type TestServer } from "../conformance/etcd/servers.ts";
import { parse, play } from "../conformance/kubectl/transcript.ts";
import { Cluster, kubectls, launcher, root } from "./support/cluster.ts";
import { run } from "./support/commands.ts";

/** Those that make a server; one of the others measures turns of the event loop, and a store has no part in it. */
const suites = globSync("src/apiserver/**/*.test.ts", { cwd: root })
  .filter((file) => readFileSync(join(root, file), "utf8").includes("testServer("))
  .filter((file) => !file.endsWith("responsive.test.ts"))
  .toSorted();

const servers: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["dhow store", [launcher, "store"]],
  ["etcd", ["etcd"]],
];

const flags = ["--disable-proto=delete", "--test", "--test-force-exit", "--test-isolation=none", "--test-reporter=tap"];

for (const [name, command] of servers)
  test(`the API server's tests on ${name}`, { timeout: 300_000 }, async () => {
    const server = await startServer(command);
    try {
      // A runner inside a runner would report to the outer one.
      const env = { NODE_TEST_CONTEXT: "", DHOW_TEST_STORE: `http://${server.endpoint}` };
      const { code, stdout } = await run(process.execPath, [...flags, ...suites], { cwd: root, timeoutMs: 280_000, env });
      assert.equal(
        code,
        0,
        `${stdout
          .split("\n")
          .filter((line) => /not ok|error:|expected|actual|\+|- /.test(line))
          .slice(0, 60)
          .join("\n")}`,
      );
      // That they ran, and did.
      assert.ok(Number(/^# pass (\d+)$/m.exec(stdout)?.[1]) > 100, stdout.slice(-500));
    } finally {
      await server.stop();
    }
  });

describe("kubectl's transcripts on etcd", async () => {
  const cluster = new Cluster("on-etcd");
  const folder = join(root, "conformance/kubectl");
  const available = await kubectls();
  let etcd: TestServer;
  before(async () => {
    etcd = await startServer(["etcd"]);
    await cluster.up("--simulated-nodes", "1", "--runtime", "simulated", "--store", `http://${etcd.endpoint}`);
  });
  after(async () => {
    await cluster.destroy();
    await etcd.stop();
  });
  for (const file of ["objects.1.20.txt", "errors.1.20.txt", "services.1.20.txt", "apply.1.32.txt"]) {
    const version = /\.(1\.\d+)\.txt$/.exec(file)?.[1];
    const kubectl = available.find((one) => one.name === `kubectl ${version}`);
    describe(file, { skip: kubectl ? false : `no kubectl ${version} on this machine` }, () => {
      for (const [index, step] of parse(readFileSync(join(folder, file), "utf8")).steps.entries())
        test(`${index + 1}: ${step.command}`, async () => {
          assert.equal(await play({ kubectl: kubectl!.path, kubeconfig: cluster.kubeconfig, folder }, step.command), step.output);
        });
    });
  }
});
