// Two clients of one API server: a neighbour that asks /version all the time, and we, who ask for one small object.
// Invariant: prints which side of a wide margin our median wait is on, so that slow machines say the same.
// Called by: lab.md beside it. Next on the way: src/wire/server.ts, where both meet in one process and one thread.

import { readFileSync } from "node:fs";
import { httpsTransport } from "#client";
import { credentialsOf, readKubeconfig } from "#config";
import { readAll } from "#wire";

const read = (path: string): string => readFileSync(path, "utf8");
const credentials = credentialsOf(await readKubeconfig(read(process.env["KUBECONFIG"]!)), read);
const connect = () => httpsTransport({ ...credentials, userAgent: "lab" });

async function ask(transport: ReturnType<typeof connect>, target: string): Promise<number> {
  const startMs = performance.now();
  const { status, body } = await transport.request({ method: "GET", target });
  await readAll(body, 1 << 20);
  if (status !== 200) throw new Error(`GET ${target}: ${status}`);
  return performance.now() - startMs;
}

const [neighbour, ours] = [connect(), connect()];
let stop = false;
const neighbourhood = async (): Promise<void> => {
  while (!stop) await ask(neighbour, "/version");
};
const busy = process.argv.includes("--alone") ? Promise.resolve() : neighbourhood();
const waits: number[] = [];
for (let time = 0; time < 15; time++) waits.push(await ask(ours, "/api/v1/namespaces/default"));
stop = true;
await busy;
const median = waits.toSorted((a, b) => a - b)[7]!;
process.stdout.write(`median wait: ${median < 100 ? "short (under 100 ms)" : "long (over 100 ms)"}\n`);
if (process.argv.includes("--ms")) process.stdout.write(`${median.toFixed(1)} ms\n`);
neighbour.close();
ours.close();
