// Stories of whole pods: a kubelet over the simulated runtime and an API server in memory, in manual time.
// Invariant: nothing real passes: no socket, no file, no second; a restarted agent is a new kubelet over the same runtime.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Event, Node, Pod } from "#api";
import { type AnyObject, createClient, createFakeApi, type Live } from "#client";
import { type Cri, simulatedCri } from "#cri";
import { ManualClock, seededPrng, silentLog, SpanRing } from "#lib";
import { createKubelet, type Kubelet } from "./kubelet.ts";
import type { KubeletSettings } from "./settings.ts";
import { simulatedVolumes } from "./volumes/simulated.ts";

const machine = {
  cpus: 2,
  memoryBytes: 2 ** 30,
  diskBytes: 2 ** 30,
  machineId: "",
  bootId: "",
  systemUuid: "",
  kernelVersion: "",
  osImage: "",
  operatingSystem: "linux",
  architecture: "amd64",
};
const settings: KubeletSettings = {
  nodeName: "n1",
  hostname: "n1",
  addresses: ["192.0.2.1"],
  machine,
  maxPods: 110,
  kubeletVersion: "v1.36.3+dhow.1",
  port: 10250,
  rootDirectory: "/none",
  podLogsDirectory: "/none",
  cgroupParent: "/none",
  clusterDomain: "cluster.local",
  resolvConf: "/none",
};

class World {
  readonly clock = new ManualClock();
  readonly prng = seededPrng(7);
  readonly api = createFakeApi(this.clock, seededPrng(1));
  readonly spans = new SpanRing();
  readonly cri: Cri = simulatedCri({ clock: this.clock, prng: this.prng, spans: this.spans, addressPrefix: "10.244.1" });
  kubelet: Kubelet = this.agent();

  agent(): Kubelet {
    const client = createClient({ transport: this.api.transport, clock: this.clock });
    const { clock, prng, cri } = this;
    return createKubelet({ client, cri, volumes: simulatedVolumes(), clock, prng, log: silentLog(), spans: this.spans, settings });
  }

  /** Lets everything that can happen now happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  async create(name: string, containers: Container[], spec: Partial<NonNullable<Pod["spec"]>> = {}): Promise<void> {
    const pod = {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name, namespace: "d", uid: `uid-${name}`, generation: 1 },
      spec: { nodeName: "n1", containers, ...spec },
    };
    this.api.store.put("pods", pod as unknown as Live<AnyObject>);
    await this.settle();
  }

  async remove(name: string, graceSeconds: number): Promise<void> {
    const old = structuredClone(this.pod(name)!) as Live<AnyObject>;
    Object.assign(old.metadata, { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: graceSeconds });
    this.api.store.put("pods", old);
    await this.settle();
  }

  pod(name: string): Live<Pod> | undefined {
    return this.api.store.get("pods", "d", name) as Live<Pod> | undefined;
  }

  line(name: string): string {
    const { status } = this.pod(name) ?? {};
    const states = (status?.containerStatuses ?? []).map(({ state, restartCount }) => {
      const word = state?.running ? "running" : state?.terminated ? `exit ${state.terminated.exitCode}` : state?.waiting?.reason;
      return `${word} r${restartCount}`;
    });
    const ready = status?.conditions?.find((one) => one.type === "Ready")?.status;
    return `${status?.phase} [${states.join(", ")}] ready ${ready}`;
  }

  events(): string[] {
    return (this.api.store.list("events") as Live<Event>[]).map((event) => `${event.type} ${event.reason} ${event.message}`);
  }
}

const serve: Container = { name: "c", image: "web:1", command: ["httpd", "-f"] };

test("the node registers, with conditions, address and lease", async () => {
  const world = new World();
  await world.settle();
  const node = world.api.store.get("nodes", undefined, "n1") as Live<Node>;
  assert.deepEqual(
    node.status?.conditions?.map((one) => `${one.type}=${one.status} ${one.reason}`),
    [
      "MemoryPressure=False KubeletHasSufficientMemory",
      "DiskPressure=False KubeletHasNoDiskPressure",
      "PIDPressure=False KubeletHasSufficientPID",
      "Ready=True KubeletReady",
    ],
  );
  assert.equal(node.metadata.labels?.["kubernetes.io/hostname"], "n1");
  const lease = () =>
    (world.api.store.get("leases.coordination.k8s.io", "kube-node-lease", "n1") as unknown as { spec: { renewTime: string } }).spec
      .renewTime;
  const first = lease();
  await world.pass(10_000);
  assert.notEqual(lease(), first);
  await world.kubelet.close();
});

test("a quiet node asks nothing about itself, puts right what others wrote, and comes back when it was deleted", async () => {
  const world = new World();
  await world.settle();
  const about = () => world.api.requests.filter(({ target }) => target.startsWith("/api/v1/nodes/n1")).length;
  const node = () => world.api.store.get("nodes", undefined, "n1") as Live<Node> | undefined;
  const before = about();
  for (let look = 0; look < 5; look++) await world.pass(10_000);
  assert.equal(about(), before);
  const silent = structuredClone(node()!);
  for (const one of silent.status?.conditions ?? []) Object.assign(one, { status: "Unknown", reason: "NodeStatusUnknown" });
  world.api.store.put("nodes", silent as unknown as Live<AnyObject>);
  await world.settle();
  await world.pass(10_000);
  assert.deepEqual(
    node()?.status?.conditions?.map((one) => one.status),
    ["False", "False", "False", "True"],
  );
  world.api.store.remove("nodes", node()! as unknown as Live<AnyObject>);
  await world.settle();
  await world.pass(10_000);
  assert.equal(node()?.metadata.labels?.["kubernetes.io/hostname"], "n1");
  await world.kubelet.close();
});

test("a pod runs, is told, is deleted with grace, and is forgotten", async () => {
  const world = new World();
  await world.create("a", [serve]);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  assert.equal(world.pod("a")?.status?.podIP, "10.244.1.2");
  await world.remove("a", 30);
  assert.equal(world.pod("a"), undefined);
  assert.deepEqual(await world.cri.listPodSandbox(), []);
  assert.deepEqual(
    world.events().filter((event) => !event.includes("kubelet")),
    [
      'Normal Pulling Pulling image "web:1"',
      'Normal Pulled Successfully pulled image "web:1" in 0ms (0ms including waiting). Image size: 1000000 bytes.',
      "Normal Created Container created",
      "Normal Started Container started",
      "Normal Killing Stopping container c",
    ],
  );
  await world.kubelet.close();
});

test("a crashing container: at once, then after 10 s, then after 20 s", async () => {
  const world = new World();
  await world.create("a", [{ name: "c", image: "web:1", command: ["sh", "-c", "exit 3"] }]);
  await world.pass(1);
  await world.pass(1);
  assert.equal(world.line("a"), "Running [CrashLoopBackOff r1] ready False");
  assert.match(
    world.pod("a")!.status!.containerStatuses![0]!.state!.waiting!.message!,
    /^back-off 10s restarting failed container=c pod=a_d\(uid-a\)$/,
  );
  await world.pass(9000);
  assert.equal(world.line("a"), "Running [CrashLoopBackOff r1] ready False");
  await world.pass(1000);
  await world.pass(1);
  assert.equal(world.line("a"), "Running [CrashLoopBackOff r2] ready False");
  await world.pass(19_000);
  assert.equal(world.line("a"), "Running [CrashLoopBackOff r2] ready False");
  await world.pass(1000);
  await world.pass(1);
  assert.equal(world.line("a"), "Running [CrashLoopBackOff r3] ready False");
  assert.ok(world.events().includes("Warning BackOff Back-off restarting failed container c in pod a_d(uid-a)"));
  await world.kubelet.close();
});

test("Never: init containers in order, then Succeeded, and the sandbox is gone", async () => {
  const world = new World();
  const step = (name: string): Container => ({ name, image: "web:1", command: ["sleep", "1"] });
  await world.create("a", [step("c")], { restartPolicy: "Never", initContainers: [step("i"), step("j")] });
  assert.equal(world.line("a"), "Pending [PodInitializing r0] ready False");
  await world.pass(1000);
  assert.equal(
    world
      .pod("a")
      ?.status?.initContainerStatuses?.map((one) => one.ready)
      .join(),
    "true,false",
  );
  await world.pass(1000);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  await world.pass(1000);
  assert.equal(world.line("a"), "Succeeded [exit 0 r0] ready False");
  assert.equal((await world.cri.listPodSandbox())[0]?.state, "SANDBOX_NOTREADY");
  await world.kubelet.close();
});

test("an image that is not there: ErrImagePull, then ImagePullBackOff", async () => {
  const world = new World();
  await world.create("a", [{ name: "c", image: "no-such:1", command: ["x"] }]);
  assert.equal(world.line("a"), "Pending [ErrImagePull r0] ready False");
  await world.pass(1000);
  assert.equal(world.line("a"), "Pending [ImagePullBackOff r0] ready False");
  await world.create("b", [{ name: "c", image: "absent:1", imagePullPolicy: "Never" }]);
  assert.equal(world.line("b"), "Pending [ErrImageNeverPull r0] ready False");
  await world.kubelet.close();
});

test("a new agent over the same runtime adopts what runs, and takes down only what the API server does not have", async () => {
  const world = new World();
  await world.create("a", [serve]);
  await world.create("b", [serve]);
  const before = world.pod("a")!.status!.containerStatuses![0]!.containerID;
  await world.kubelet.close();
  world.api.store.remove("pods", world.pod("b")! as unknown as Live<AnyObject>);
  world.kubelet = world.agent();
  await world.settle();
  assert.equal(world.line("a"), "Running [running r0] ready True");
  assert.equal(world.pod("a")!.status!.containerStatuses![0]!.containerID, before);
  assert.deepEqual(
    (await world.cri.listPodSandbox()).map((one) => one.metadata.name),
    ["a"],
  );
  await world.kubelet.close();
});

test("one trace from the pod's arrival to the status that says Running; what happens later is another one", async () => {
  const world = new World();
  await world.create("a", [{ name: "c", image: "web:1", command: ["sh", "-c", "sleep 5; exit 1"] }]);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  const [first, ...others] = new Set(world.spans.spans.map((span) => span.traceId));
  assert.deepEqual(others, []);
  const names = new Set(world.spans.spans.map((span) => span.name));
  for (const name of ["sync pod", "cri RunPodSandbox", "cri PullImage", "cri StartContainer"]) assert.ok(names.has(name), name);
  const writes = world.api.requests.filter((one) => one.method === "PATCH" && one.target.endsWith("/pods/a/status"));
  assert.ok(writes.length >= 2);
  for (const { headers } of writes) {
    assert.match(String(headers?.["traceparent"]), new RegExp(`^00-${first}-`));
    assert.match(String(headers?.["baggage"]), /^dhow\.cause=\d+$/);
  }
  const known = new Set(world.spans.spans.map((span) => span.spanId));
  for (const span of world.spans.spans)
    assert.ok(span.parentSpanId === undefined || known.has(span.parentSpanId), `${span.name} hangs in the tree`);
  await world.pass(5000);
  assert.equal(new Set(world.spans.spans.map((span) => span.traceId)).size, 2);
  await world.kubelet.close();
});

test("an init container takes its time, and what starts after it still belongs to the trace of the pod's arrival", async () => {
  const world = new World();
  await world.create("a", [serve], { initContainers: [{ name: "i", image: "web:1", command: ["sh", "-c", "sleep 5; exit 0"] }] });
  await world.pass(6000);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  const starts = world.spans.spans.filter(({ name }) => name === "cri StartContainer");
  assert.equal(starts.length, 2);
  assert.equal(new Set(world.spans.spans.map((span) => span.traceId)).size, 1);
  await world.kubelet.close();
});

test("a shorter grace hurries a stop that is under way", async () => {
  const world = new World();
  await world.create("a", [{ name: "c", image: "web:1", command: ["sh", "-c", "trap '' TERM; serve"] }]);
  await world.remove("a", 30);
  await world.pass(2000);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  await world.remove("a", 1);
  await world.pass(1000);
  assert.equal(world.pod("a"), undefined);
  await world.kubelet.close();
});

test("a postStart hook that hangs does not hold up the deletion", async () => {
  const world = new World();
  const lifecycle = { postStart: { exec: { command: ["sleep", "100"] } } };
  await world.create("a", [{ ...serve, lifecycle }]);
  assert.match(world.line("a"), /^Pending/);
  await world.remove("a", 1);
  await world.pass(2000);
  assert.equal(world.pod("a"), undefined);
  assert.deepEqual(await world.cri.listContainers({}), []);
  await world.kubelet.close();
});

test("an ephemeral container joins a pod that runs, and its end changes nothing", async () => {
  const world = new World();
  await world.create("a", [serve]);
  const look = { name: "look", image: "tools:1", command: ["sh", "-c", "exit 3"], targetContainerName: "c" };
  const lost = { name: "lost", image: "tools:1", targetContainerName: "nobody" };
  const pod = structuredClone(world.pod("a")!);
  pod.spec!.ephemeralContainers = [look, lost];
  world.api.store.put("pods", pod as unknown as Live<AnyObject>);
  await world.settle();
  await world.pass(1000);
  const states = (world.pod("a")!.status?.ephemeralContainerStatuses ?? []).map(({ name, state, ready }) => {
    const word = state?.terminated ? `exit ${state.terminated.exitCode}` : (state?.waiting?.message ?? JSON.stringify(state));
    return `${name} ${word} ${ready}`;
  });
  assert.deepEqual(states, ["look exit 3 false", "lost unable to find target container nobody false"]);
  assert.equal(world.line("a"), "Running [running r0] ready True");
  const paths = (world.api.store.list("events") as Live<Event>[]).map(({ involvedObject }) => involvedObject?.fieldPath);
  assert.ok(paths.includes("spec.ephemeralContainers{look}"), "its events name it");
  await world.kubelet.close();
});
