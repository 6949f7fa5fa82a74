// A thousand watchers, each on a connection of its own, and how long after its writing an event reaches them.
// Invariant: the clock is one: writer and watchers are this process; the first event only warms up.
// Called by: apiserver.ts. Next on the way: apiserver/watch.ts at the other end.

import { setTimeout as wait } from "node:timers/promises";
import type { Transport } from "#client";
import { readAll } from "#wire";
import { percentile } from "./cluster.ts";

export interface FanOut {
  readonly deliveries: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const stamp = /"sent":"([0-9.]+)"/g;
const openAtOnce = 50;

export async function fanOut(
  writer: Transport,
  watcher: () => Transport,
  options: { readonly watchers: number; readonly events: number; readonly perSecond: number; readonly namespace: string },
): Promise<FanOut> {
  const { watchers, events, perSecond, namespace } = options;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const abort = new AbortController();
  const latencies: number[] = [];
  const transports: Transport[] = [];
  const follow = async (body: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of body) {
      const now = performance.now();
      for (const [, sent] of Buffer.from(chunk).toString("latin1").matchAll(stamp)) latencies.push(now - Number(sent));
    }
  };
  const open = async (): Promise<void> => {
    const transport = watcher();
    transports.push(transport);
    const target = `${path}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dfan-out`;
    const { status, body } = await transport.request({ method: "GET", target, signal: abort.signal });
    if (status !== 200) throw new Error(`watching: ${status}`);
    follow(body).catch(() => undefined);
  };
  const write = async (): Promise<void> => {
    const patch = Buffer.from(JSON.stringify({ data: { sent: String(performance.now()) } }));
    const headers = { "content-type": "application/merge-patch+json" };
    const { status, body } = await writer.request({ method: "PATCH", target: `${path}/fan-out`, headers, body: patch });
    await readAll(body, 1 << 20);
    if (status !== 200) throw new Error(`writing an event: ${status}`);
  };
  const made = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "fan-out" } }));
  const { body } = await writer.request({ method: "POST", target: path, headers: { "content-type": "application/json" }, body: made });
  await readAll(body, 1 << 20);
  for (let opened = 0; opened < watchers; opened += openAtOnce)
    await Promise.all(Array.from({ length: Math.min(openAtOnce, watchers - opened) }, open));
  await write();
  await wait(3000);
  latencies.length = 0;
  for (let sent = 0; sent < events; sent++) {
    await write();
    await wait(1000 / perSecond);
  }
  await wait(3000);
  abort.abort();
  for (const transport of transports) transport.close();
  return { deliveries: latencies.length, p50Ms: percentile(latencies, 50), p99Ms: percentile(latencies, 99) };
}
