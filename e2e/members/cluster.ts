// A cluster of members as processes: started with etcd's flags, killed, paused, cut off, replaced.
// Invariant: every wait is for something seen and bounded; nothing survives `close`, and only what was started here is signalled.
// Called by: members.e2e.ts, members-change.e2e.ts, ../members.ts. Next on the way: load.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Caller } from "./caller.ts";
import type { Address, Place } from "./place.ts";

const root = join(import.meta.dirname, "../..");
export const electionMs = 1000;
const boundMs = 60_000;
const lookMs = 25;

export interface TestMember {
  readonly name: string;
  readonly at: number;
  address: Address;
  readonly endpoint: string;
  readonly caller: Caller;
  child: ChildProcess | undefined;
  paused: boolean;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until<Value>(what: string, look: () => Promise<Value | undefined>, seen = (): string => ""): Promise<Value> {
  for (const deadline = Date.now() + boundMs; ; ) {
    const value = await look();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not within ${boundMs / 1000} s: ${what} ${seen()}`);
    await sleep(lookMs);
  }
}

export class TestCluster {
  readonly folder = mkdtempSync(join(tmpdir(), "dhow-members-"));
  readonly place: Place;
  readonly members: TestMember[] = [];
  readonly #flags: readonly string[];

  constructor(place: Place, flags: readonly string[] = []) {
    this.place = place;
    this.#flags = flags;
  }

  async found(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.#add(at);
    for (const member of this.members) this.start(member, "new", this.members);
    await until("a leader", () => this.leader());
    await until("every member knows all others", async () => {
      for (const { caller } of this.members) {
        const { members } = await caller.call("MemberList", {}).catch(() => ({ members: [] }));
        if (members.length !== count || members.some(({ clientURLs }) => clientURLs.length === 0)) return undefined;
      }
      return true;
    });
  }

  async #add(at: number): Promise<TestMember> {
    const address = await this.place.address(at);
    const endpoint = `${address.host}:${address.clientPort}`;
    const member = { name: `m${at + 1}`, at, address, endpoint, caller: new Caller(endpoint), child: undefined, paused: false };
    this.members.push(member);
    return member;
  }

  start(member: TestMember, state: "new" | "existing", cluster: readonly TestMember[]): void {
    const { name, address } = member;
    const url = (port: number): string => `http://${address.host}:${port}`;
    const flags = [
      ["--name", name],
      ["--data-dir", join(this.folder, name)],
      ["--listen-client-urls", url(address.clientPort)],
      ["--advertise-client-urls", url(address.clientPort)],
      ["--listen-peer-urls", url(address.peerPort)],
      ["--initial-advertise-peer-urls", url(address.peerPort)],
      ["--initial-cluster", cluster.map((one) => `${one.name}=http://${one.address.host}:${one.address.peerPort}`).join(",")],
      ["--initial-cluster-state", state],
      ["--election-timeout", String(electionMs)],
      ["--heartbeat-interval", String(electionMs / 10)],
    ].flat();
    const log = openSync(join(this.folder, `${name}.log`), "a");
    const [program = "", ...rest] = [...address.prefix, "sh", join(root, "bin/dhow"), "store", ...flags, ...this.#flags];
    member.child = spawn(program, rest, { stdio: ["ignore", log, log] });
    closeSync(log);
  }

  async kill(member: TestMember, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { child } = member;
    if (!child) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    else return void (member.child = undefined);
    await ended;
    member.child = undefined;
    member.paused = false;
  }

  /** Back, and served by it. */
  async restart(member: TestMember): Promise<void> {
    this.start(member, "new", this.members);
    await this.level();
  }

  pause(member: TestMember): void {
    member.child?.kill("SIGSTOP");
    member.paused = true;
  }

  resume(member: TestMember): void {
    member.child?.kill("SIGCONT");
    member.paused = false;
  }

  get running(): TestMember[] {
    return this.members.filter(({ child, paused }) => child && !paused);
  }

  /** Whom a member that leads says to be the leader, in the newest term. */
  async leader(among = this.running): Promise<TestMember | undefined> {
    const states = await Promise.all(
      among.map(async (member) => ({ member, status: await member.caller.call("Status", {}).catch(() => undefined) })),
    );
    const leading = states.filter(({ status }) => status && status.leader !== 0n && status.leader === status.header?.member_id);
    return leading.toSorted((a, b) => (b.status?.raftTerm ?? 0) - (a.status?.raftTerm ?? 0))[0]?.member;
  }

  /** Everybody who runs follows one leader, and has applied what anybody had when this began. */
  async level(): Promise<void> {
    let target = 0;
    let seen = "";
    await until(
      "all members are level",
      async () => {
        const states = await Promise.all(this.running.map(({ caller }) => caller.call("Status", {}).catch(() => undefined)));
        const applied = states.map((one) => one?.raftAppliedIndex ?? 0);
        target ||= Math.max(...applied);
        const leaders = new Set(states.map((one) => one?.leader ?? 0n));
        seen = `applied ${applied.join(", ")} of ${target}; leaders ${[...leaders].map((id) => id.toString(16)).join(", ")}`;
        return leaders.size === 1 && !leaders.has(0n) && target > 0 && Math.min(...applied) >= target ? true : undefined;
      },
      () =>
        `${seen}\n${this.members.map((member) => `${member.name}:\n${this.logOf(member).split("\n").slice(-8).join("\n")}`).join("\n")}`,
    );
  }

  /** A new member in the place of one that is gone for good. */
  async replace(gone: TestMember, learner: boolean): Promise<TestMember> {
    await this.kill(gone);
    const { caller } = await until("a leader", () => this.leader());
    const { members } = await caller.call("MemberList", {});
    const { ID } = members.find(({ name }) => name === gone.name)!;
    await until("the old one is removed", () => caller.call("MemberRemove", { ID }).catch(() => undefined));
    gone.caller.close();
    this.members.splice(this.members.indexOf(gone), 1);
    const fresh = await this.#add(Math.max(gone.at, ...this.members.map(({ at }) => at)) + 1);
    const peerURLs = [`http://${fresh.address.host}:${fresh.address.peerPort}`];
    const { member } = await until("the new one is added", () =>
      caller.call("MemberAdd", { peerURLs, isLearner: learner }).catch(() => undefined),
    );
    this.start(fresh, "existing", this.members);
    if (learner) await until("the learner votes", () => caller.call("MemberPromote", { ID: member!.ID }).catch(() => undefined));
    return fresh;
  }

  logOf({ name }: TestMember): string {
    return readFileSync(join(this.folder, `${name}.log`), "utf8");
  }

  async close(): Promise<void> {
    for (const member of this.members) {
      await this.kill(member);
      member.caller.close();
    }
    this.place.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
