// Members of a real etcd, with TLS and client certificates: started, killed and brought back one by one.
// Invariant: free ports, a folder of their own; nothing of them is left after `destroy`.
// Called by: remote*.e2e.ts. Next on the way: src/store/remote, the caller.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../conformance/etcd/servers.ts";
import { systemClock, systemPrng } from "#lib";
import { openRemoteStore, type Store } from "#store";
import { createCa, issue } from "#wire";

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  child?: ChildProcess;
}

export class EtcdMembers {
  readonly folder = mkdtempSync(join(tmpdir(), "dhow-e2e-etcd-"));
  readonly #members: Member[] = [];
  tls = { ca: "", cert: "", key: "" };

  static async start(count: number): Promise<EtcdMembers> {
    const members = new EtcdMembers();
    const ca = await createCa("etcd-ca");
    const loopback = { ipAddresses: ["127.0.0.1"], days: 1 };
    const serving = await issue(ca, { commonName: "etcd", server: true, client: true, ...loopback });
    const { cert, key } = await issue(ca, { commonName: "dhow", client: true, days: 1 });
    members.tls = { ca: ca.cert, cert, key };
    const files = { "ca.crt": ca.cert, "server.crt": serving.cert, "server.key": serving.key, "client.crt": cert, "client.key": key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(members.folder, name), text, { mode: 0o600 });
    for (let index = 0; index < count; index++) {
      const [client, peer] = [`https://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
      members.#members.push({ name: `m${index}`, client, peer });
    }
    for (let index = 0; index < count; index++) members.#run(index);
    for (let index = 0; index < count; index++) await members.serves(index);
    return members;
  }

  get endpoints(): readonly string[] {
    return this.#members.map(({ client }) => client);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** As `dhow up` takes them. */
  get flags(): readonly string[] {
    const files = [
      "--store-cafile",
      this.file("ca.crt"),
      "--store-certfile",
      this.file("client.crt"),
      "--store-keyfile",
      this.file("client.key"),
    ];
    return ["--store", this.endpoints.join(","), ...files];
  }

  #run(index: number): void {
    const member = this.#members[index]!;
    const { name, client, peer } = member;
    const cluster = this.#members.map((one) => `${one.name}=${one.peer}`).join(",");
    const flags = {
      name,
      "data-dir": this.file(name),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": cluster,
      "cert-file": this.file("server.crt"),
      "key-file": this.file("server.key"),
      "trusted-ca-file": this.file("ca.crt"),
    };
    const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    member.child = spawn("etcd", [...argv, "--client-cert-auth"], { stdio: "ignore" });
  }

  /** Resolves when this member answers and has a leader. */
  async serves(index: number): Promise<void> {
    await (await this.open([this.endpoints[index]!])).close();
  }

  open(servers: readonly string[] = this.endpoints, prefix = "/registry"): Promise<Store> {
    return openRemoteStore({ servers, prefix, tls: this.tls, clock: systemClock(), prng: systemPrng(), patienceMs: 60_000 });
  }

  async kill(index: number): Promise<void> {
    const { child } = this.#members[index]!;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Stands still, or goes on: its sockets are open all the time. */
  signal(index: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#members[index]!.child?.kill(signal);
  }

  async restart(index: number): Promise<void> {
    this.#run(index);
    await this.serves(index);
  }

  /** All at the same time: alone they would have no leader to wait for. */
  async restartAll(): Promise<void> {
    for (const index of this.#members.keys()) this.#run(index);
    for (const index of this.#members.keys()) await this.serves(index);
  }

  async destroy(): Promise<void> {
    for (const index of this.#members.keys()) await this.kill(index);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
