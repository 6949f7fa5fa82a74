// kill -9 under load: the control plane, then the node agent, then everything of ours at once; containers play on.
// Invariant: what was acknowledged is there, no container was restarted, and a watcher that reconnects has seen every object.
// Called by: npm run e2e. Next on the way: e2e/store-fsync.e2e.ts, why nothing acknowledged can be lost.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { Cluster, kubectls, root } from "./support/cluster.ts";

const cluster = new Cluster("crash");
const namespace = "default";

/** Pids of the parts that the state folder names, by part. */
function parts(): Map<string, number> {
  const folder = join(cluster.folder, "run");
  const found = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.slice(0, -5), (JSON.parse(readFileSync(join(folder, name), "utf8")) as { pid: number }).pid] as const);
  return new Map(found);
}

function kill(part: RegExp): string[] {
  const killed = [...parts()].filter(([name]) => part.test(name));
  for (const [, pid] of killed) process.kill(pid, "SIGKILL");
  return killed.map(([name]) => name);
}

async function containers(): Promise<string> {
  const path =
    '{range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}{"\\n"}{end}';
  const { stdout } = await cluster.tryKubectl(["get", "pods", "-l", "app=web", "-o", `jsonpath=${path}`]);
  return stdout.split("\n").toSorted().join("\n").trim();
}

class Load {
  readonly api: CoreV1Api;
  readonly acknowledged: string[] = [];
  readonly seen = new Set<string>();
  readonly informer;
  #stopped = false;
  #closed = false;
  #running: Promise<void> | undefined;
  failures = 0;

  constructor(config: KubeConfig) {
    this.api = config.makeApiClient(CoreV1Api);
    this.informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      this.api.listNamespacedConfigMap({ namespace }),
    );
    this.informer.on("add", (object) => this.seen.add(object.metadata?.name ?? ""));
    this.informer.on("error", () => void wait(100).then(() => (this.#closed ? undefined : this.informer.start())));
  }

  async start(): Promise<void> {
    await this.informer.start();
    this.#running = this.#write();
  }

  async #write(): Promise<void> {
    for (let index = 0; !this.#stopped; index += 1) {
      const name = `load-${index}`;
      try {
        await this.api.createNamespacedConfigMap({
          namespace,
          body: { metadata: { name, labels: { load: "yes" } }, data: { index: String(index) } },
        });
        this.acknowledged.push(name);
      } catch {
        this.failures += 1;
        await wait(20);
      }
    }
  }

  /** No more writes. What was written may still be on its way to the informer. */
  async pause(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.informer.stop();
  }

  /** Until `done` holds, at most `limitMs`. Tests may look again and again; the product may not. */
  async until(done: () => boolean, limitMs: number, what: string): Promise<void> {
    for (let waitedMs = 0; !done(); waitedMs += 50) {
      assert.ok(waitedMs < limitMs, `${what}: not within ${limitMs} ms`);
      await wait(50);
    }
  }
}

before(async () => {
  cluster.kubectlPath = (await kubectls()).at(-1)!.path;
  await cluster.up("--runtime", "containerd");
  await cluster.loadBusybox("dhow.local/busybox:1");
  await cluster.kubectl(`apply -f ${join(root, "e2e/manifests/web.yaml")}`);
  await cluster.kubectl("rollout status deployment/web --timeout=60s");
});

after(() => cluster.destroy());

test("kill -9 of control plane, agent and supervisor under load loses nothing and restarts no container", {
  timeout: 180_000,
}, async () => {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const before = await containers();
  const load = new Load(config);
  await load.start();
  await load.until(() => load.acknowledged.length > 50, 20_000, "first writes");

  for (const part of [/^control-plane/, /^(node|agent|kubelet)/]) {
    const mark = load.acknowledged.length;
    assert.ok(kill(part).length > 0, `${part} runs`);
    await load.until(() => load.acknowledged.length > mark + 50, 30_000, `writes after kill -9 of ${part}`);
    await cluster.kubectl("wait --for=condition=Ready node --all --timeout=60s");
  }

  // Everything of ours at once, supervisor first so that nobody restarts anybody; `up` adopts what still runs.
  kill(/^supervisor/);
  kill(/./);
  await cluster.up("--runtime", "containerd");
  const mark = load.acknowledged.length;
  await load.until(() => load.acknowledged.length > mark + 20, 30_000, "writes after kill -9 of everything");
  await load.pause();
  await cluster.kubectl("wait --for=condition=Ready node --all --timeout=60s");

  const stored = new Set(
    (await cluster.kubectl("get configmaps -l load=yes -o name")).split("\n").map((line) => line.replace("configmap/", "")),
  );
  assert.deepEqual(
    load.acknowledged.filter((name) => !stored.has(name)),
    [],
    "acknowledged and lost",
  );
  const unseen = (): readonly string[] => [...stored].filter((name) => name !== "" && !load.seen.has(name));
  await load.until(() => unseen().length === 0, 60_000, "shown to the informer what was written last").catch(() => undefined);
  assert.deepEqual(unseen(), [], "never shown to the informer");
  await load.close();
  assert.equal(await containers(), before, "container ids and restart counts");
  console.log(`acknowledged ${load.acknowledged.length} writes, ${load.failures} refused while a part was down`);
});
