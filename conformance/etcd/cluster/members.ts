// Three servers that are one cluster, etcd's or ours, with the same flags: killed, started and joined by steps of a transcript.
// Invariant: names stand for what differs from run to run: `$m1` its endpoint, `$id1` its id, `$leader`, `$follower` and their ids.
// Called by: ../record.ts, e2e/etcd-cluster.e2e.ts. Next on the way: ../transcript.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Caller } from "../../../e2e/members/caller.ts";
import { freePort } from "../servers.ts";
import { playShell, shown } from "../transcript.ts";

interface Server {
  readonly name: string;
  readonly endpoint: string;
  readonly peerUrl: string;
  readonly caller: Caller;
  id: bigint;
  child: ChildProcess | undefined;
  removed: boolean;
}

const boundMs = 60_000;
const lookMs = 50;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  for (const deadline = Date.now() + boundMs; ; await sleep(lookMs)) {
    const value = await look().catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not within ${boundMs / 1000} s: ${what}`);
  }
}

export class ClusterSession {
  readonly #command: readonly string[];
  readonly #etcdctl: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "etcd-cluster-"));
  readonly #servers: Server[] = [];

  constructor(command: readonly string[], etcdctl: string) {
    this.#command = command;
    this.#etcdctl = etcdctl;
  }

  async open(count: number): Promise<void> {
    for (let at = 1; at <= count; at++) await this.#make(`m${at}`);
    for (const server of this.#servers) this.#start(server, "new");
    for (const server of this.#servers) {
      server.id = await until(`${server.name} serves`, async () => (await server.caller.call("Status", {})).header?.member_id);
    }
    await this.#whole(count);
  }

  /** `kill`, `gone`, `start` and `join` are for the servers, everything else is for a shell. */
  async play(command: string): Promise<string> {
    const [verb = "", word = ""] = command.split(" ");
    if (verb === "kill") return this.#kill(await this.#named(word));
    if (verb === "gone") {
      const server = await this.#named(word);
      server.removed = true;
      return this.#kill(server);
    }
    if (verb === "start") return this.#startAll();
    if (verb === "join") return this.#join(word);
    const names = await this.#names();
    const env = {
      ...names,
      ETCDCTL_ENDPOINTS: this.#servers
        .filter(({ child }) => child)
        .map(({ endpoint }) => endpoint)
        .join(","),
    };
    return this.#scrubbed(await playShell({ endpoint: this.#servers[0]!.endpoint, etcdctl: this.#etcdctl, env }, command));
  }

  /** Who leads now, and the others: where to ask, and which process. */
  async places(): Promise<{ readonly endpoint: string; readonly pid: number; readonly leads: boolean }[]> {
    const leader = await until("a leader", () => this.#leader());
    return this.#servers.map((server) => ({ endpoint: server.endpoint, pid: server.child?.pid ?? 0, leads: server === leader }));
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      await this.#kill(server);
      server.caller.close();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #make(name: string): Promise<Server> {
    const endpoint = `127.0.0.1:${await freePort()}`;
    const peerUrl = `http://127.0.0.1:${await freePort()}`;
    const server: Server = { name, endpoint, peerUrl, caller: new Caller(endpoint), id: 0n, child: undefined, removed: false };
    this.#servers.push(server);
    return server;
  }

  #start(server: Server, state: "new" | "existing"): void {
    const client = `http://${server.endpoint}`;
    const [program = "", ...before] = this.#command;
    const flags = [
      ["--name", server.name, "--data-dir", join(this.#folder, server.name)],
      ["--listen-client-urls", client, "--advertise-client-urls", client],
      ["--listen-peer-urls", server.peerUrl, "--initial-advertise-peer-urls", server.peerUrl],
      ["--initial-cluster", this.#servers.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",")],
      ["--initial-cluster-state", state],
    ].flat();
    server.child = spawn(program, [...before, ...flags], { stdio: "ignore" });
  }

  /** Everybody is listed as started, and somebody leads. */
  async #whole(count: number): Promise<void> {
    await until("all are started", async () => {
      const { members } = await this.#servers[0]!.caller.call("MemberList", {});
      return members.length === count && members.every(({ clientURLs }) => clientURLs.length > 0) ? true : undefined;
    });
    await until("a leader", () => this.#leader());
  }

  async #leader(): Promise<Server | undefined> {
    for (const server of this.#servers) {
      const status = await server.caller.call("Status", {}, 1000).catch(() => undefined);
      if (status && status.leader === server.id && server.id !== 0n) return server;
    }
    return undefined;
  }

  async #named(word: string): Promise<Server> {
    const leader = word === "leader" || word === "follower" ? await until("a leader", () => this.#leader()) : undefined;
    const found = this.#servers.find((server) =>
      word === "leader" ? server === leader : word === "follower" ? server !== leader && server.child : server.name === word,
    );
    if (!found) throw new Error(`no member ${word}`);
    return found;
  }

  async #kill(server: Server): Promise<string> {
    const { child } = server;
    server.child = undefined;
    if (!child || child.exitCode !== null) return "";
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await ended;
    return "";
  }

  /** Whoever is down, and still belongs to the cluster. */
  async #startAll(): Promise<string> {
    const down = this.#servers.filter(({ child, id, removed }) => !child && !removed && id !== 0n);
    for (const server of down) this.#start(server, "new");
    for (const { name, caller } of down)
      await until(`${name} follows`, async () => ((await caller.call("Status", {})).leader === 0n ? undefined : true));
    return "";
  }

  /** A process for the member that `etcdctl member add NAME --peer-urls=$new` has announced. */
  async #join(name: string): Promise<string> {
    const server = this.#servers.find((one) => one.name === name)!;
    this.#start(server, "existing");
    server.id = await until(`${name} serves`, async () => {
      const { header, leader } = await server.caller.call("Status", {});
      return leader === 0n ? undefined : header?.member_id;
    });
    return "";
  }

  async #names(): Promise<Record<string, string>> {
    const leader = await this.#leader();
    const follower = this.#servers.find((server) => server !== leader && server.child && server.id !== 0n);
    // The next one that could join.
    const waiting = this.#servers.find(({ id }) => id === 0n) ?? (await this.#make(`m${this.#servers.length + 1}`));
    const names: Record<string, string> = { new: waiting.peerUrl, newname: waiting.name };
    for (const server of this.#servers) {
      names[server.name] = server.endpoint;
      names[`peer${server.name.slice(1)}`] = server.peerUrl;
      names[`id${server.name.slice(1)}`] = server.id.toString(16);
    }
    for (const [word, server] of [
      ["leader", leader],
      ["follower", follower],
    ] as const) {
      if (!server) continue;
      names[word] = server.endpoint;
      names[`${word}id`] = server.id.toString(16);
    }
    return names;
  }

  /** Ids first, by their names: then what every transcript scrubs. */
  #scrubbed(text: string): string {
    let scrubbed = text;
    for (const { name, id } of this.#servers) {
      if (id !== 0n)
        scrubbed = scrubbed
          .replaceAll(id.toString(16).padStart(16), `<${name}>`)
          .replaceAll(id.toString(16), `<${name}>`)
          .replaceAll(String(id), `<${name}>`);
    }
    return (
      shown(scrubbed)
        // etcdctl pads an id that begins with a zero by a space, one in sixteen.
        .replaceAll(/(?<= ) +[0-9a-f]{13,15}\b|\b[0-9a-f]{15,16}\b/g, "<id>")
        .replaceAll("<lease>", "<id>")
    );
  }
}
