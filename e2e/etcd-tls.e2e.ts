// `dhow store` over TLS beside etcd: who has no certificate of the authority is nobody, and who has one is whom it names.
// Invariant: one table of commands, one column of answers, two servers; etcd is asked the same where it is on the machine.
// Called by: tools/e2e.ts. Next on the way: store/etcd/access.ts.

import { strictEqual } from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCa, issue } from "#wire";
import { freePort } from "../conformance/etcd/servers.ts";

const root = join(import.meta.dirname, "..");
const etcd = "/usr/bin/etcd";
const timeout = 120_000;
const upMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), "dhow-etcd-tls-"));
const file = (name: string): string => join(folder, name);

/** Certificates of the server, of callers by name, and of an authority that nobody knows. */
async function writeCertificates(): Promise<void> {
  const [ca, stranger] = [await createCa("etcd-ca"), await createCa("another-ca")];
  const loopback = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"], days: 1 };
  const issued = {
    server: await issue(ca, { commonName: "server", server: true, client: true, ...loopback }),
    root: await issue(ca, { commonName: "root", client: true, days: 1 }),
    alice: await issue(ca, { commonName: "alice", client: true, days: 1 }),
    nobody: await issue(ca, { commonName: "nobody", client: true, days: 1 }),
    stranger: await issue(stranger, { commonName: "root", client: true, days: 1 }),
  };
  writeFileSync(file("ca.crt"), ca.cert);
  writeFileSync(file("stranger-ca.crt"), stranger.cert);
  for (const [name, { cert, key }] of Object.entries(issued)) {
    writeFileSync(file(`${name}.crt`), cert);
    writeFileSync(file(`${name}.key`), key, { mode: 0o600 });
  }
}

const refused = " >/dev/null 2>&1 && echo served || echo refused";
const patience = "--command-timeout=3s --dial-timeout=3s";

/** Who asks, what, the answer. */
const steps: readonly (readonly [who: string, command: string, answer: string])[] = [
  ["root", "etcdctl put k v", "OK"],
  ["alice", "etcdctl get k", "k\nv"],
  ["", `etcdctl ${patience} get k${refused}`, "refused"],
  ["stranger", `etcdctl ${patience} get k${refused}`, "refused"],
  ["root", `etcdctl ${patience} --cacert ${file("stranger-ca.crt")} get k${refused}`, "refused"],
  ["root", `etcdctl ${patience} --endpoints http://$PLAIN get k${refused}`, "refused"],
  [
    "root",
    "etcdctl user add root --no-password && etcdctl user grant-role root root",
    "User root created\nRole root is granted to user root",
  ],
  ["root", "etcdctl user add alice --no-password && etcdctl role add reader", "User alice created\nRole reader created"],
  [
    "root",
    "etcdctl role grant-permission reader read k && etcdctl user grant-role alice reader",
    "Role reader updated\nRole reader is granted to user alice",
  ],
  ["root", "etcdctl user add bob:pw && etcdctl user grant-role bob reader", "User bob created\nRole reader is granted to user bob"],
  ["root", "etcdctl auth enable", "Authentication Enabled"],
  ["root", "etcdctl put k v2", "OK"],
  ["alice", "etcdctl get k", "k\nv2"],
  ["alice", "etcdctl put k v3", "Error: etcdserver: permission denied\nexit 1"],
  ["alice", "etcdctl get other", "Error: etcdserver: permission denied\nexit 1"],
  ["nobody", "etcdctl get k", "Error: etcdserver: permission denied\nexit 1"],
  ["nobody", "etcdctl --user bob:pw get k", "k\nv2"],
  ["nobody", "etcdctl --user bob:wrong get k", "Error: etcdserver: authentication failed, invalid user ID or password\nexit 2"],
  ["alice", "etcdctl user list", "Error: etcdserver: permission denied\nexit 1"],
  ["root", "etcdctl user list", "alice\nbob\nroot"],
  ["alice", "exec 3< <(exec etcdctl watch k --rev=2 2>&1); head -n 3 <&3; kill $!", "PUT\nk\nv"],
  ["root", "etcdctl auth disable", "Authentication Disabled"],
];

interface Server {
  readonly child: ChildProcess;
  readonly endpoint: string;
}

function ask({ endpoint }: Server, who: string, command: string): Promise<string> {
  const own = who === "" ? {} : { ETCDCTL_CERT: file(`${who}.crt`), ETCDCTL_KEY: file(`${who}.key`) };
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    ETCDCTL_API: "3",
    ETCDCTL_ENDPOINTS: `https://${endpoint}`,
    ETCDCTL_CACERT: file("ca.crt"),
    PLAIN: endpoint,
    ...own,
  };
  return new Promise((resolve) => {
    execFile("bash", ["-c", `{ ${command}\n} 2>&1`], { env, timeout: 30_000 }, (error, stdout) => {
      const text = stdout.replaceAll(/^\{"level":.*\n?/gm, "").trimEnd();
      resolve(`${text}${error ? `\nexit ${typeof error.code === "number" ? error.code : 255}` : ""}`);
    });
  });
}

async function start(command: readonly string[], data: string): Promise<Server> {
  const [port, peerPort] = [await freePort(), await freePort()];
  const endpoint = `127.0.0.1:${port}`;
  const [program = "", ...before] = command;
  const urls = ["--listen-client-urls", `https://${endpoint}`, "--advertise-client-urls", `https://${endpoint}`];
  const tls = [
    "--cert-file",
    file("server.crt"),
    "--key-file",
    file("server.key"),
    "--client-cert-auth",
    "--trusted-ca-file",
    file("ca.crt"),
  ];
  const peers = ["--listen-peer-urls", `http://127.0.0.1:${peerPort}`];
  const child = spawn(program, [...before, "--data-dir", data, ...urls, ...peers, ...tls], { stdio: "ignore" });
  const server = { child, endpoint };
  const lateMs = performance.now() + upMs;
  while ((await ask(server, "root", `etcdctl ${patience} get k`)) !== "")
    if (performance.now() > lateMs || child.exitCode !== null) throw new Error(`${program} does not serve`);
  return server;
}

before(writeCertificates);
after(() => rmSync(folder, { recursive: true, force: true }));

const servers: readonly (readonly [name: string, command: readonly string[], available: boolean])[] = [
  ["dhow store", ["sh", join(root, "bin/dhow"), "store"], true],
  ["etcd", [etcd], existsSync(etcd)],
];

for (const [name, command, available] of servers)
  describe(name, { skip: available ? false : `no ${name} on this machine`, timeout }, () => {
    let server: Server;
    before(async () => {
      server = await start(command, file(`data of ${name}`));
    });
    after(async () => {
      const ended = new Promise((resolve) => server.child.once("exit", resolve));
      server.child.kill("SIGKILL");
      await ended;
    });
    for (const [index, [who, step, answer]] of steps.entries())
      test(`${index + 1}, ${who || "without a certificate"}: ${step}`, async () => {
        strictEqual(await ask(server, who, step), answer);
      });
  });
