// @kubernetes/client-node against this API: exec, attach, port-forward and logs over its own WebSockets, every kind of patch, and its informer,
// whose place is kept while the server is away, and lost when history has gone on without it.
// Invariant: nothing of ours is on the client's side; the cluster is a simulated one, so that no container is needed.
// Called by: npm run e2e. Next on the way: src/kubelet/streams.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import {
  Attach,
  CoreV1Api,
  Exec,
  type Informer,
  KubeConfig,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Status,
} from "@kubernetes/client-node";
import { Cluster } from "./support/cluster.ts";

const cluster = new Cluster("client-node");
const config = new KubeConfig();
let core: CoreV1Api;

before(async () => {
  await cluster.up("--runtime", "simulated");
  config.loadFromFile(cluster.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await cluster.kubectl("run web --image=web --restart=Never -- httpd");
  await cluster.kubectl("run talk --image=talk --restart=Never -- sh");
  await cluster.tryKubectl(["run", "words", "--image=words", "--restart=Never", "--", "sh", "-c", "echo one; sleep 2; echo two"]);
  await cluster.kubectl("wait --for=condition=Ready pod/web pod/talk pod/words --timeout=30s");
});
after(() => cluster.destroy());

/** Collects while it is written to; whoever ends it ends the text. */
function sink(): { stream: PassThrough; text: Promise<string> } {
  const stream = new PassThrough();
  return { stream, text: text(stream) };
}

function exec(command: string[], stdin: Readable | null): Promise<{ stdout: string; stderr: string; status: V1Status }> {
  const [out, err] = [sink(), sink()];
  return new Promise((resolve, reject) => {
    const ended = async (status: V1Status): Promise<void> => {
      out.stream.end();
      err.stream.end();
      resolve({ stdout: await out.text, stderr: await err.text, status });
    };
    const done = (status: V1Status): void => void ended(status);
    new Exec(config).exec("default", "web", "web", command, out.stream, err.stream, stdin, false, done).catch(reject);
  });
}

test("exec: output, exit code, input to its end", async () => {
  const { stdout, stderr, status } = await exec(["sh", "-c", "echo out; echo err >&2; exit 5"], null);
  assert.deepEqual([stdout, stderr, status.status], ["out\n", "err\n", "Failure"]);
  assert.deepEqual(status.details?.causes, [{ reason: "ExitCode", message: "5" }]);
  const echoed = await exec(["cat"], Readable.from([Buffer.from("through the wire")]));
  assert.deepEqual([echoed.stdout, echoed.status.status], ["through the wire", "Success"]);
});

test("attach: a shell's answers", async () => {
  const out = new PassThrough();
  const stdin = new PassThrough();
  const socket = await new Attach(config).attach("default", "talk", "talk", out, null, stdin, false);
  stdin.write("echo hello\n");
  const first = await new Promise((resolve) => out.once("data", (part: Buffer) => resolve(part.toString())));
  assert.equal(first, "hello\n");
  socket.close();
});

test("port-forward: bytes there and back", async () => {
  const out = new PassThrough();
  const input = new PassThrough();
  const socket = await new PortForward(config).portForward("default", "web", [7], out, null, input);
  input.write("echo me");
  const answer = await new Promise((resolve) => out.once("data", (part: Buffer) => resolve(part.toString())));
  assert.equal(answer, "echo me");
  if (typeof socket !== "function") socket.close();
});

test("log: followed to the container's end", async () => {
  const out = sink();
  await new Log(config).log("default", "words", "words", out.stream, { follow: true });
  assert.equal(await out.text, "one\ntwo\n");
});

test("patches: merge, strategic merge, JSON, apply", async () => {
  const namespace = "default";
  const body: V1ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "patched" }, data: { a: "1" } };
  await core.createNamespacedConfigMap({ namespace, body });
  const patch = (how: string, change: object, more: object = {}): Promise<V1ConfigMap> =>
    core.patchNamespacedConfigMap({ namespace, name: "patched", body: change, ...more }, setHeaderOptions("Content-Type", how));
  assert.deepEqual((await patch(PatchStrategy.MergePatch, { data: { b: "2" } })).data, { a: "1", b: "2" });
  assert.deepEqual((await patch(PatchStrategy.StrategicMergePatch, { data: { a: null } })).data, { b: "2" });
  assert.deepEqual((await patch(PatchStrategy.JsonPatch, [{ op: "add", path: "/data/c", value: "3" }])).data, { b: "2", c: "3" });
  const applied = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "patched" }, data: { d: "4" } };
  const result = await patch(PatchStrategy.ServerSideApply, applied, { fieldManager: "test", force: true });
  assert.deepEqual(result.data, { b: "2", c: "3", d: "4" });
});

const patienceMs = 60_000;

/** The informer of client-node with what it was told, and how often it had to read everything. */
class Informed {
  readonly told: string[] = [];
  lists = 0;
  errors = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  readonly #informer: Informer<V1ConfigMap>;

  constructor(labelSelector: string) {
    const namespace = "default";
    const list = () => {
      this.lists++;
      return core.listNamespacedConfigMap({ namespace, labelSelector });
    };
    this.#informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, list, labelSelector);
    for (const verb of ["add", "update", "delete"] as const)
      this.#informer.on(verb, ({ metadata, data }) => {
        this.told.push(`${verb} ${metadata?.name} ${data?.["n"]}`);
        this.#wake?.();
      });
    // As its makers advise: whatever went wrong, a moment later once more.
    this.#informer.on("error", () => {
      this.errors++;
      void wait(100).then(() => (this.#stopped ? undefined : this.#informer.start()));
    });
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#informer.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#informer.stop();
  }

  async until(line: string): Promise<void> {
    const bound = AbortSignal.timeout(patienceMs);
    while (!this.told.includes(line)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        bound.addEventListener("abort", () => reject(new Error(`${line} was not told:\n${this.told.join("\n")}`)), { once: true });
      });
    }
  }
}

async function insist<Result>(call: () => Promise<Result>): Promise<Result> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      await wait(100);
    }
  }
}

/** Ends it as a crash would; its supervisor brings it back. */
async function restartControlPlane(): Promise<void> {
  const pid = (): number => (JSON.parse(readFileSync(join(cluster.folder, "run/control-plane.json"), "utf8")) as { pid: number }).pid;
  const before = pid();
  process.kill(before, "SIGKILL");
  await insist(async () => assert.notEqual(pid(), before));
  await insist(() => core.readNamespace({ name: "default" }));
}

test("informer: goes on where it was when the server comes back, reads anew when its place has gone (410)", {
  timeout: 240_000,
}, async () => {
  const namespace = "default";
  const labels = { informed: "yes" };
  const create = (name: string): Promise<V1ConfigMap> =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels }, data: { n: "0" } } });
  const change = (name: string, n: number): Promise<V1ConfigMap> =>
    core.patchNamespacedConfigMap(
      { namespace, name, body: { data: { n: String(n) } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  const informed = new Informed("informed=yes");
  await create("kept");
  await informed.start();
  await informed.until("add kept 0");
  await create("going");
  await informed.until("add going 0");

  await restartControlPlane();
  await change("kept", 1);
  await informed.until("update kept 1");
  assert.deepEqual([informed.lists, informed.errors > 0], [1, true]);

  await informed.stop();
  // A server that starts keeps the last thousand revisions: what is older has gone.
  await core.deleteNamespacedConfigMap({ namespace, name: "going" });
  await change("kept", 2);
  const numbers = Array.from({ length: 1100 }, (_, index) => index + 1).values();
  const write = async (name: string): Promise<void> => {
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
    for (const number of numbers) await change(name, number);
  };
  await Promise.all(["noise-1", "noise-2", "noise-3", "noise-4"].map(write));
  await restartControlPlane();
  await informed.start();
  await informed.until("delete going 0");
  await informed.until("update kept 2");
  assert.equal(informed.lists, 2);
  assert.deepEqual(informed.told, ["add kept 0", "add going 0", "update kept 1", "delete going 0", "update kept 2"]);
  await informed.stop();
});
