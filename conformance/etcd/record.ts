// Records the transcripts anew from a reference: `sh bin/node conformance/etcd/record.ts ETCD ETCDCTL [FILE…]`.
// Invariant: only etcd itself is a reference; what ours answers is never recorded.
// Called by: people, when cases are added. Next on the way: e2e/etcd.e2e.ts.

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ClusterSession } from "./cluster/members.ts";
import { flagsOf, startServer } from "./servers.ts";
import { format, parse, Session, type Step } from "./transcript.ts";

const folder = import.meta.dirname;
const [etcd, etcdctl, ...chosen] = process.argv.slice(2);
if (!etcd || !etcdctl) {
  console.error("usage: record.ts ETCD ETCDCTL [FILE…]");
  process.exit(2);
}
const files =
  chosen.length > 0
    ? chosen.map((file) => resolve(file))
    : globSync("{*,cluster/*}.txt", { cwd: folder, exclude: ["since-*"] })
        .map((file) => join(folder, file))
        .toSorted((a, b) => (a < b ? -1 : 1));
for (const name of files) {
  const text = readFileSync(name, "utf8");
  const { comments, steps } = parse(text);
  const recorded: Step[] = [];
  if (name.includes("/cluster/")) {
    const cluster = new ClusterSession([etcd], etcdctl);
    await cluster.open(3);
    for (const { command } of steps) recorded.push({ command, output: await cluster.play(command) });
    await cluster.close();
  } else {
    const server = await startServer([etcd], flagsOf(text));
    const session = new Session({ endpoint: server.endpoint, etcdctl });
    for (const { command } of steps) recorded.push({ command, output: await session.play(command) });
    session.close();
    await server.stop();
  }
  writeFileSync(name, format(comments, recorded));
  console.log(`${name}: ${recorded.length} commands`);
}
