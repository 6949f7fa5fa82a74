// exec, attach and port-forward against the simulated runtime, over every protocol a caller may speak, without a socket.
// Invariant shown: the same command has the same streams and outcome whichever way it was asked; refusals come before anything runs.
// Called by: npm test.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { type Cri, simulatedCri } from "#cri";
import { ManualClock, noSpans, seededPrng, silentLog } from "#lib";
import { type HttpResponse, readAll, SpdyConnection, type SpdyStream, WebSocketConnection, webSocketTunnel } from "#wire";
import type { Kubelet } from "../kubelet.ts";
import { kubeletHandler } from "../server/handler.ts";

const clock = new ManualClock();
const cri: Cri = simulatedCri({ clock, prng: seededPrng(3), spans: noSpans, addressPrefix: "10.244.9" });
const peer = { address: "", certificate: { commonName: "kube-apiserver-kubelet-client", organizations: [] } };
let kubelet: Kubelet;
let shellId = "";

before(async () => {
  const metadata = { name: "pod", uid: "u", namespace: "ns", attempt: 0 };
  const sandbox = { metadata, hostname: "pod", logDirectory: "/logs", labels: {}, annotations: {} };
  const sandboxId = await cri.runPodSandbox(sandbox);
  const start = async (name: string, command: string[]): Promise<string> => {
    const shape = { metadata: { name, attempt: 0 }, image: { image: "i" }, command, args: [], mounts: [], labels: {}, annotations: {} };
    const id = await cri.createContainer(sandboxId, { ...shape, logPath: "0.log", envs: [{ key: "A", value: "b" }] }, sandbox);
    await cri.startContainer(id);
    return id;
  };
  const containers = [];
  for (const [name, command] of [
    ["main", ["httpd"]],
    ["shell", ["sh"]],
  ] as const) {
    const id = await start(name, [...command]);
    if (name === "shell") shellId = id;
    containers.push({ id, name, state: "CONTAINER_RUNNING" });
  }
  const worker = { runtime: { containers, sandboxes: [{ id: sandboxId, ready: true }] } };
  const pods = [{ metadata: { name: "pod", namespace: "ns", uid: "u" } }];
  kubelet = { cri, pods: () => pods, worker: () => worker } as unknown as Kubelet;
});
after(() => cri.close());

function ask(target: string, headers: Record<string, string>, method = "GET"): Promise<HttpResponse> {
  const handler = kubeletHandler({ kubelets: () => new Map([["n", kubelet]]), clock, log: silentLog() });
  const nothing = (async function* (): AsyncGenerator<Uint8Array> {})();
  return handler({ method, target, headers, body: nothing, peer, signal: new AbortController().signal });
}

const webSocket = (protocol: string): Record<string, string> => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-protocol": protocol,
});
const spdy = (protocol: string): Record<string, string> => ({
  connection: "Upgrade",
  upgrade: "SPDY/3.1",
  "x-stream-protocol-version": protocol,
});

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: string;
}

async function byWebSocket(target: string, stdin?: string): Promise<Outcome> {
  const response = await ask(target, webSocket("v5.channel.k8s.io"));
  assert.equal(response.status, 101);
  const [near, far] = duplexPair();
  response.upgraded!(far);
  const client = new WebSocketConnection(near, { role: "client", clock });
  if (stdin !== undefined) {
    void client.send([Buffer.from(`\0${stdin}`)]);
    void client.send([Buffer.from([255, 0])]);
  }
  const got = ["", "", "", ""];
  for (let message = await client.receive(); message; message = await client.receive()) got[message[0]!] += message.toString("utf8", 1);
  return { stdout: got[1]!, stderr: got[2]!, status: got[3]! };
}

async function bySpdy(target: string, stdin?: string): Promise<Outcome> {
  const response = await ask(target, spdy("v4.channel.k8s.io"), "POST");
  assert.equal(response.status, 101);
  assert.equal(response.headers["x-stream-protocol-version"], "v4.channel.k8s.io");
  const [near, far] = duplexPair();
  response.upgraded!(far);
  const client = new SpdyConnection(near, { role: "client", clock });
  const open = (streamtype: string): Promise<SpdyStream> => client.openStream({ streamtype });
  const [error, input, stdout, stderr] = await Promise.all([
    open("error"),
    stdin === undefined ? undefined : open("stdin"),
    open("stdout"),
    open("stderr"),
  ]);
  input?.end(stdin);
  const [out, err, status] = await Promise.all([text(stdout), text(stderr), text(error)]);
  client.close();
  return { stdout: out, stderr: err, status };
}

const success = '{"metadata":{},"status":"Success"}';
const command = (...argv: string[]): string => argv.map((word) => `&command=${encodeURIComponent(word)}`).join("");
const cases: [
  name: string,
  argv: string[],
  stdin: string | undefined,
  expected: { stdout: string; stderr: string; status: string | RegExp },
][] = [
  ["says something", ["echo", "hello"], undefined, { stdout: "hello\n", stderr: "", status: success }],
  ["reads to the end", ["cat"], "in", { stdout: "in", stderr: "", status: success }],
  ["fails with a code", ["sh", "-c", "echo no >&2; exit 7"], undefined, { stdout: "", stderr: "no\n", status: /"ExitCode","message":"7"/ }],
  ["is not there", ["nosuch"], undefined, { stdout: "", stderr: "", status: /executable file not found in \$PATH/ }],
  ["knows its environment", ["sh", "-c", "env; hostname"], undefined, { stdout: "A=b\npod\n", stderr: "", status: success }],
];

for (const [transport, run] of [
  ["WebSocket", byWebSocket],
  ["SPDY", bySpdy],
] as const) {
  describe(`exec over ${transport}: a command that`, () => {
    for (const [name, argv, stdin, expected] of cases) {
      it(name, async () => {
        const target = `/exec/ns/pod/main?output=1&error=1${stdin === undefined ? "" : "&input=1"}${command(...argv)}`;
        const { stdout, stderr, status } = await run(target, stdin);
        assert.deepEqual([stdout, stderr], [expected.stdout, expected.stderr]);
        if (typeof expected.status === "string") assert.equal(status, expected.status);
        else assert.match(status, expected.status);
      });
    }
    it("outputs more than every buffer", async () => {
      const all = "0123456789".repeat(300_000);
      assert.equal((await run(`/exec/ns/pod/main?output=1&error=1&input=1${command("cat")}`, all)).stdout, all);
    });
  });
}

describe("attach", () => {
  it("to a shell ends when the shell does, and with it the container", async () => {
    const { stdout, status } = await byWebSocket("/attach/ns/pod/shell?input=1&output=1", "echo hi\nexit 3\n");
    assert.deepEqual([stdout, status], ["hi\n", success]);
    assert.equal((await cri.containerStatus(shellId))?.exitCode, 3);
  });
});

describe("a refusal", () => {
  const plain: [target: string, headers: Record<string, string>, status: number, words: RegExp][] = [
    ["/exec/ns/pod/main?command=x", spdy("v4.channel.k8s.io"), 400, /at least 1 of stdin, stdout, stderr/],
    ["/exec/ns/none/main?output=1", spdy("v4.channel.k8s.io"), 404, /pod does not exist/],
    ["/exec/ns/pod/none?output=1", spdy("v4.channel.k8s.io"), 500, /^container not found \("none"\)$/],
    ["/exec/ns/pod/main?output=1", spdy("v1.channel.k8s.io"), 403, /client supports \[v1.channel.k8s.io\], server accepts/],
    ["/exec/ns/pod/main?output=1", webSocket("base64.channel.k8s.io"), 400, /client supports \[base64/],
    ["/exec/ns/pod/main?output=1", {}, 400, /missing upgrade headers/],
    ["/portForward/ns/pod?port=0", spdy("portforward.k8s.io"), 400, /invalid port: 0/],
  ];
  for (const [target, headers, status, words] of plain) {
    it(`${status} ${words.source}`, async () => {
      const response = await ask(target, headers);
      assert.equal(response.status, status);
      assert.match((await readAll(response.body, 1000)).toString(), words);
    });
  }
});

describe("port-forward", () => {
  it("over SPDY in a WebSocket: a port that answers and one that does not", async () => {
    const response = await ask("/portForward/ns/pod", webSocket("SPDY/3.1+portforward.k8s.io"));
    assert.equal(response.headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
    const [near, far] = duplexPair();
    response.upgraded!(far);
    const client = new SpdyConnection(webSocketTunnel(new WebSocketConnection(near, { role: "client", clock }), clock), {
      role: "client",
      clock,
    });
    const connect = async (port: string, requestid: string): Promise<[string, string]> => {
      const error = await client.openStream({ streamtype: "error", port, requestid }, { readOnly: true });
      const data = await client.openStream({ streamtype: "data", port, requestid });
      data.end("ping");
      return Promise.all([text(data), text(error)]);
    };
    assert.deepEqual(await connect("7", "0"), ["ping", ""]);
    const [data, error] = await connect("9", "1");
    assert.equal(data, "");
    assert.match(error, /connection refused/);
    client.close();
  });

  it("over channels: the port first, then bytes", async () => {
    const response = await ask("/portForward/ns/pod?port=7", webSocket("v4.channel.k8s.io"));
    const [near, far] = duplexPair();
    response.upgraded!(far);
    const client = new WebSocketConnection(near, { role: "client", clock });
    assert.equal((await client.receive())?.toString("hex"), "000700");
    assert.equal((await client.receive())?.toString("hex"), "010700");
    void client.send([Buffer.from("\0ping")]);
    assert.equal(String(await client.receive()), "\0ping");
    client.close(1000, "");
  });
});
