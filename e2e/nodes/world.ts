// Three nodes with real containers on one machine, as the tests ask about them: who runs where, which process is whose.
// Invariant: only processes that the cluster's own folder names are signalled.
// Called by: e2e/nodes.e2e.ts. Next on the way: support/cluster.ts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Pod } from "#api";
import type { Cluster } from "../support/cluster.ts";

export interface Placed {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
}

/** Pods that are ready and not going. */
export async function placed(cluster: Cluster): Promise<readonly Placed[]> {
  const { items } = JSON.parse(await cluster.kubectl("get pods -l app=spread -o json")) as { items: Pod[] };
  return items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined)
    .filter((pod) => pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"))
    .map((pod) => ({ name: pod.metadata.name ?? "", node: pod.spec?.nodeName ?? "", ip: pod.status?.podIP ?? "" }));
}

/** Container ids and restart counts of a node's pods, or of all. */
export async function containers(cluster: Cluster, node?: string): Promise<readonly string[]> {
  const { items } = JSON.parse(await cluster.kubectl("get pods -l app=spread -o json")) as { items: Pod[] };
  return items
    .filter((pod) => node === undefined || pod.spec?.nodeName === node)
    .flatMap((pod) => (pod.status?.containerStatuses ?? []).map((one) => `${pod.metadata.name} ${one.containerID} ${one.restartCount}`))
    .toSorted();
}

function parts(cluster: Cluster): ReadonlyMap<string, number> {
  const folder = join(cluster.folder, "run");
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    files.map((name) => [name.slice(0, -5), (JSON.parse(readFileSync(join(folder, name), "utf8")) as { pid: number }).pid] as const),
  );
}

export function signal(cluster: Cluster, part: string, what: NodeJS.Signals): void {
  const pid = parts(cluster).get(part);
  assert.ok(pid !== undefined, `${part} runs`);
  process.kill(pid, what);
}

/** Everything of ours at once, the supervisor first so that nobody starts anybody again. */
export function killAll(cluster: Cluster): void {
  signal(cluster, "supervisor", "SIGKILL");
  for (const part of parts(cluster).keys()) if (part !== "supervisor") signal(cluster, part, "SIGKILL");
}

interface PartStatus {
  readonly name: string;
  readonly phase: string;
  readonly restarts: number;
}

/** Until each of the parts has been started again and is ready. */
export async function restarted(cluster: Cluster, names: readonly string[]): Promise<void> {
  await until(`${names.join(", ")} started again`, async () => {
    const { stdout } = await cluster.dhow("status", "--name", cluster.name, "-o", "json");
    const { parts: all } = JSON.parse(stdout) as { parts: PartStatus[] };
    return names.every((name) => all.some((part) => part.name === name && part.phase === "ready" && part.restarts > 0));
  });
}

/** Tests may look again and again; the product may not. */
export async function until(what: string, holds: () => Promise<boolean>, boundMs = 180_000): Promise<void> {
  const startedMs = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - startedMs < boundMs, `${what}: not within ${boundMs / 1000} s`);
    await wait(500);
  }
}
