// Everything in conformance/etcd, played by real etcdctl and a foreign gRPC client against `dhow store`: identical answers or a failure.
// Invariant: the expectations were recorded from etcd; where etcd is on the machine, it is asked again in the same run.
// Called by: npm run e2e. Next on the way: conformance/etcd/transcript.ts, what is scrubbed.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { flagsOf, startServer, type TestServer } from "../conformance/etcd/servers.ts";
import { parse, Session } from "../conformance/etcd/transcript.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "conformance/etcd");
const etcdctl = "/usr/bin/etcdctl";
const etcd = "/usr/bin/etcd";
const servers: readonly (readonly [name: string, command: readonly string[], available: boolean])[] = [
  ["dhow store", ["sh", join(root, "bin/dhow"), "store"], true],
  ["etcd", [etcd], existsSync(etcd)],
];

for (const [name, command, available] of servers)
  describe(name, { skip: available ? false : `no ${name} on this machine` }, () => {
    for (const file of globSync("*.txt", { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1))) {
      const text = readFileSync(join(folder, file), "utf8");
      // What came after the release of Debian's etcd cannot be asked of it.
      describe(file, { skip: name === "etcd" && file.startsWith("since-") }, () => {
        let server: TestServer;
        let session: Session;
        before(async () => {
          server = await startServer(command, flagsOf(text));
          // Who says a name has two seconds to prove it, by default; reckoning a password is work, and the machine may be busy.
          session = new Session({ endpoint: server.endpoint, etcdctl, env: { ETCDCTL_DIAL_TIMEOUT: "60s" } });
        });
        after(async () => {
          session.close();
          await server.stop();
        });
        for (const [index, step] of parse(text).steps.entries())
          test(`${index + 1}: ${step.command}`, async () => {
            assert.equal(await session.play(step.command), step.output);
          });
      });
    }
  });
