// The transcripts that need no program from outside, on a store in memory behind a real socket: etcd's face in `npm test`.
// Invariant: the same files and the same comparison as e2e/etcd.e2e.ts, which plays all of them with etcdctl and etcd itself.
// Called by: the test runner. Next on the way: transcript.ts.

import { strictEqual } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MetricRegistry, seededPrng, silentLog, systemClock } from "#lib";
import { SimulatedDisk, serveEtcd } from "#store";
import { flagsOf } from "./servers.ts";
import { parse, Session } from "./transcript.ts";

const folder = import.meta.dirname;

/** The flags that transcripts ask for. */
function limitsOf(text: string): { quotaBytes?: number } {
  const flag = flagsOf(text).find((one) => one.startsWith("--quota-backend-bytes="));
  return flag ? { quotaBytes: Number(flag.split("=")[1]) } : {};
}

for (const file of globSync("*.txt", { cwd: folder }).toSorted((a, b) => (a < b ? -1 : 1))) {
  const text = readFileSync(join(folder, file), "utf8");
  const { steps } = parse(text);
  if (!steps.every(({ command }) => command.startsWith("grpc "))) continue;
  test(`${file} over gRPC`, async () => {
    const server = await serveEtcd({
      directory: "",
      disk: new SimulatedDisk(),
      name: "default",
      version: "3.5.21",
      clusterToken: "etcd-cluster",
      peerUrls: ["http://localhost:2380"],
      clientUrls: ["http://localhost:2379"],
      listen: [{ host: "127.0.0.1", port: 0 }],
      limits: limitsOf(text),
      clock: systemClock(),
      prng: seededPrng(1),
      log: silentLog(),
      metrics: new MetricRegistry(),
    });
    const session = new Session({ endpoint: `127.0.0.1:${server.ports[0]}`, etcdctl: "" });
    try {
      for (const { command, output } of steps) strictEqual(await session.play(command), output, command);
    } finally {
      session.close();
      await server.close();
    }
  });
}
