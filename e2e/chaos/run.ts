// Thirty pods, and somebody who kills: the agent, containerd, shims, containers, at random from a seed; then all must be well again.
// Invariant: after the last kill everything converges within two minutes, holds exactly what its pods need, and leaves nothing.
// Called by: e2e/chaos.ts (minutes), e2e/chaos.e2e.ts (seconds). Next on the way: machine.ts.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as wait } from "node:timers/promises";
import type { Pod } from "#api";
import { type Prng, seededPrng } from "#lib";
import { Cluster, kubectls } from "../support/cluster.ts";
import { picture } from "../support/host.ts";
import { candidates, type Held, held, type Victim } from "./machine.ts";

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

const image = "dhow.local/busybox:1";
const convergeMs = 120_000;
const victims: readonly Victim[] = ["shim", "shim", "container", "container", "agent", "agent", "containerd"];
const script = "trap 'exit 0' TERM; while :; do sleep 0.5; done";
const container = (name: string, more: object = {}): object => ({ name, image, command: ["sh", "-c", script], ...more });

function deployment(name: string, replicas: number, spec: object): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 2, ...spec } },
    },
  };
}

/** Thirty pods: plain ones, some with volumes of three kinds, some with a sidecar and an init container. */
const wanted = [
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cargo" }, data: { list: "dates" } },
  deployment("plain", 14, { containers: [container("c")] }),
  deployment("volumes", 10, {
    containers: [
      container("c", {
        volumeMounts: [
          { name: "m", mountPath: "/m" },
          { name: "t", mountPath: "/t" },
        ],
      }),
    ],
    volumes: [
      { name: "m", configMap: { name: "cargo" } },
      { name: "t", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
    ],
  }),
  deployment("sidecars", 6, {
    initContainers: [{ name: "first", image, command: ["true"] }, container("side", { restartPolicy: "Always" })],
    containers: [container("c")],
  }),
];

async function pods(cluster: Cluster): Promise<readonly Pod[]> {
  const { stdout } = await cluster.tryKubectl(["get", "pods", "-o", "json"]);
  return stdout === "" ? [] : (JSON.parse(stdout) as { items: Pod[] }).items;
}

/** What the machine must hold for these pods: one shim and interface each, a task for every container and one for the sandbox. */
function due(all: readonly Pod[]): Held {
  const uids = all.map((pod) => pod.metadata.uid ?? "").toSorted();
  const tasks = all.reduce(
    (sum, pod) => sum + 1 + (pod.spec?.containers.length ?? 0) + (pod.metadata.labels?.["app"] === "sidecars" ? 1 : 0),
    0,
  );
  return { shims: all.length, tasks, interfaces: all.length, cgroups: uids, folders: uids };
}

async function until(what: string, boundMs: number, holds: () => Promise<string | undefined>): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const missing = await holds();
    if (missing === undefined) return performance.now() - startedMs;
    assert.ok(performance.now() - startedMs < boundMs, `${what}: not within ${boundMs / 1000} s: ${missing}`);
    await wait(1000);
  }
}

async function settled(cluster: Cluster, count: number): Promise<string | undefined> {
  const all = await pods(cluster);
  const ready = all.filter((pod) => pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"));
  if (all.length !== count || ready.length !== count) return `${ready.length} of ${all.length} pods are ready, ${count} wanted`;
  const [is, should] = [await held(cluster), due(all)];
  return isDeepStrictEqual(is, should) ? undefined : `the machine holds ${JSON.stringify(is)}, its pods need ${JSON.stringify(should)}`;
}

async function killAbout(cluster: Cluster, prng: Prng, { seconds, say }: ChaosOptions): Promise<ReadonlyMap<Victim, number>> {
  const killed = new Map<Victim, number>();
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await wait(prng.between(500, 4000));
    const victim = victims[prng.between(0, victims.length - 1)]!;
    const there = candidates(cluster, victim);
    const pid = there[prng.between(0, Math.max(there.length - 1, 0))];
    if (pid === undefined) continue;
    try {
      process.kill(pid, "SIGKILL");
      killed.set(victim, (killed.get(victim) ?? 0) + 1);
      say(`killed ${victim} ${pid}`);
    } catch {
      // It was quicker.
    }
    // Now and then a pod goes in the usual way, in the middle of it all.
    if (prng.between(0, 5) > 0) continue;
    const all = await pods(cluster);
    const one = all[prng.between(0, Math.max(all.length - 1, 0))];
    if (one) await cluster.tryKubectl(["delete", "pod", one.metadata.name ?? "", "--wait=false"]);
  }
  return killed;
}

/** Whatever on the machine names the cluster or its folder; other clusters may come and go meanwhile. */
async function traces(cluster: Cluster): Promise<readonly string[]> {
  const marks = [cluster.home, `dhow-${cluster.name}`];
  const all = Object.values(await picture(cluster.home)) as readonly (readonly string[])[];
  return all.flat().filter((line) => marks.some((mark) => line.includes(mark)));
}

export async function runChaos(options: ChaosOptions): Promise<void> {
  const { say, seed } = options;
  const cluster = new Cluster("chaos");
  const prng = seededPrng(seed);
  try {
    cluster.kubectlPath = (await kubectls()).at(-1)!.path;
    await cluster.up("--runtime", "containerd");
    await cluster.loadBusybox(image);
    await cluster.kubectl("create -f -", { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: wanted }) });
    const startMs = await until("thirty pods run", convergeMs, () => settled(cluster, 30));
    say(`30 pods run after ${(startMs / 1000).toFixed(1)} s; seed ${seed}, ${options.seconds} s of killing`);
    const killed = await killAbout(cluster, prng, options);
    const backMs = await until("all is well again", convergeMs, () => settled(cluster, 30));
    const counts = [...killed].map(([victim, count]) => `${count} × ${victim}`).join(", ");
    const restarts = (await pods(cluster))
      .flatMap((pod) => pod.status?.containerStatuses ?? [])
      .reduce((sum, one) => sum + one.restartCount, 0);
    say(`killed ${counts}; all well ${(backMs / 1000).toFixed(1)} s after the last; ${restarts} restarts counted`);
    await cluster.kubectl("delete deployments --all --timeout=60s");
    await until("nothing is left of the pods", convergeMs, async () => {
      const is = await held(cluster);
      const left = (await pods(cluster)).length;
      return left === 0 && isDeepStrictEqual(is, due([])) ? undefined : `${left} pods; ${JSON.stringify(is)}`;
    });
    say("after the pods' deletion the machine holds nothing of them");
  } catch (error) {
    say(`failed: ${error instanceof Error ? error.message : String(error)}`);
    const { stdout } = await cluster.tryKubectl(["get", "pods,events", "-o", "wide"]);
    say(stdout);
    throw error;
  } finally {
    await cluster.destroy();
  }
  assert.deepEqual(await traces(cluster), [], "what is left on the machine");
  say("after down nothing on the machine bears the cluster's name");
}
