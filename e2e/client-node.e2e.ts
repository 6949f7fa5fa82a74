// @kubernetes/client-node against this API: exec, attach, port-forward and logs over its own WebSockets, and every kind of patch.
// Invariant: nothing of ours is on the client's side; the cluster is a simulated one, so that no container is needed.
// Called by: npm run e2e. Next on the way: src/kubelet/streams.

import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import {
  Attach,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
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
