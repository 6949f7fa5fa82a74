// The supervisor's hands: carries out what plan.ts decided, and turns processes, sockets and timers into its events.
// Invariant: the lock is held for as long as this runs; a process is signalled only under the pid and start time it was found with.
// Called by: cmd/supervisor.ts and `dhow up` in the foreground. Next on the way: the parts, each at the other end of channel.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert, type Clock } from "#lib";
import { openLog } from "../files.ts";
import type { StatePaths } from "../state/paths.ts";
import { acquireLock, isAlive, partRecords, type ProcessRecord, recordOf, removePartRecord, writePartRecord } from "../state/processes.ts";
import { type Channel, type ChannelEvents, type ChannelServer, listenChannel, type Message } from "./channel.ts";
import { type PartSpec, type PartView, type SupervisorAction, type SupervisorEvent, SupervisorPlan } from "./plan.ts";

export interface PartProgram extends PartSpec {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What only a part that runs as another user has. */
  readonly dropped?: Dropped;
  /** Foreign parts: resolves when the program serves. */
  readonly whenReady?: () => Promise<Readonly<Record<string, unknown>>>;
  /** Foreign parts that were adopted, and so are nobody's children here: resolves when they are gone. */
  readonly whenGone?: (pid: number) => Promise<void>;
  /** Clears what the program leaves behind, after it stopped for good. Returns what was removed. */
  readonly clear?: () => Promise<readonly string[]>;
  /** Before each start: its files are made its own. */
  readonly settle?: () => void;
}

/** A part under a user of its own: what it starts in and with, since much of what root reaches is closed to it. */
export interface Dropped {
  readonly user: { readonly uid: number; readonly gid: number };
  /** The program changes the user itself, as its last act before it becomes the part; otherwise spawning does. */
  readonly bySelf: boolean;
  readonly directory: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Files and folders it gets opened, from descriptor 3 on. */
  readonly opened: readonly string[];
}

export interface SupervisorReport {
  restarting(part: string, detail: string, inMs: number): void;
  partReady(part: string, facts: Readonly<Record<string, unknown>>): void;
  progress(part: string, text: string): void;
}

export interface SupervisorOptions {
  readonly paths: StatePaths;
  readonly clock: Clock;
  readonly parts: readonly PartProgram[];
  /** Sent with every `go`, under the facts of what a part needs. */
  readonly facts: () => Promise<Readonly<Record<string, unknown>>>;
  readonly report: SupervisorReport;
  /** Once the folder is held: who may enter it is set. */
  readonly settle?: () => void;
  /** Whose processes may connect beside our own user's. */
  readonly group?: number;
  /** Answers `status` and other questions of verbs. */
  readonly describe?: () => Readonly<Record<string, unknown>>;
  /** What a verb that starts to listen is told first. */
  readonly history?: () => readonly Message[];
  /** False: only takes over what still runs, in order to stop it. */
  readonly spawn?: boolean;
}

export interface Supervisor {
  /** All parts ready for the first time. */
  readonly ready: Promise<void>;
  /** Everything stopped and cleared: what was removed. */
  readonly finished: Promise<readonly string[]>;
  stop(): void;
  force(): void;
  views(): readonly PartView[];
  /** Tells every verb that listens. */
  tell(message: Message): void;
}

const logBytes = 16 * 1024 * 1024;

function rotate(path: string): void {
  if (existsSync(path) && statSync(path).size > logBytes) renameSync(path, `${path}.1`);
}

/** Its own session: the terminal's Ctrl-C is for the supervisor, which then stops the parts in order. */
function start({ argv, env, dropped }: PartProgram, log: number): ChildProcess {
  if (!dropped) return spawn(argv[0]!, argv.slice(1), { detached: true, stdio: ["ignore", log, log], env: { ...process.env, ...env } });
  const { directory, opened, user, bySelf } = dropped;
  const descriptors: number[] = [];
  try {
    for (const path of opened) descriptors.push(openSync(path, "r"));
    const stdio = ["ignore" as const, log, log, ...descriptors];
    return spawn(argv[0]!, argv.slice(1), {
      detached: true,
      stdio,
      cwd: directory,
      env: { ...dropped.env, ...env },
      ...(bySelf ? {} : user),
    });
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

class Shell implements Supervisor {
  readonly ready: Promise<void>;
  readonly finished: Promise<readonly string[]>;
  readonly #options: SupervisorOptions;
  readonly #plan: SupervisorPlan;
  readonly #programs: ReadonlyMap<string, PartProgram>;
  readonly #channels = new Map<string, Channel>();
  readonly #records = new Map<string, ProcessRecord>();
  readonly #listeners = new Set<Channel>();
  readonly #children = new Set<ProcessRecord>();
  readonly #lock: { release(): void };
  readonly #removed: string[] = [];
  readonly #resolveReady: () => void;
  readonly #resolveFinished: (removed: readonly string[]) => void;
  #server: ChannelServer | undefined;
  #queue: SupervisorEvent[] = [];
  #draining = false;

  constructor(options: SupervisorOptions, lock: { release(): void }) {
    this.#options = options;
    this.#lock = lock;
    this.#plan = new SupervisorPlan(options.parts);
    this.#programs = new Map(options.parts.map((part) => [part.name, part]));
    const ready = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<readonly string[]>();
    [this.ready, this.#resolveReady] = [ready.promise, ready.resolve];
    [this.finished, this.#resolveFinished] = [finished.promise, finished.resolve];
  }

  async begin(): Promise<void> {
    this.#options.settle?.();
    this.#server = await listenChannel(this.#options.paths.socket, (channel) => this.#accept(channel), this.#options.group);
    const adopted: Record<string, number> = {};
    for (const [name, record] of partRecords(this.#options.paths)) {
      if (name === "supervisor") continue;
      if (!isAlive(record)) removePartRecord(this.#options.paths, name);
      else if (this.#programs.has(name)) {
        adopted[name] = record.pid;
        this.#records.set(name, record);
      } else {
        // An orphan: a part that this cluster had and has no longer.
        process.kill(record.pid, "SIGKILL");
        removePartRecord(this.#options.paths, name);
      }
    }
    writePartRecord(this.#options.paths, "supervisor", recordOf(process.pid));
    this.#post({ type: "begin", adopted, spawn: this.#options.spawn ?? true });
  }

  stop(): void {
    this.#post({ type: "stop" });
  }

  force(): void {
    this.#post({ type: "force" });
  }

  views(): readonly PartView[] {
    return this.#plan.views();
  }

  /** One event at a time, in order: an action may bring the next event at once. */
  #post(event: SupervisorEvent): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) for (const action of this.#plan.step(next)) this.#act(action);
    this.#draining = false;
  }

  #act(action: SupervisorAction): void {
    switch (action.type) {
      case "spawn":
        return this.#spawn(this.#program(action.part));
      case "attach":
        return this.#attach(this.#program(action.part), action.pid);
      case "go":
        return this.#go(action.part, action.facts);
      case "askToStop":
        return this.#askToStop(action.part);
      case "kill":
        return this.#signal(action.part, "SIGKILL");
      case "timer":
        this.#options.clock.after(action.afterMs, () => this.#post({ type: "timer", part: action.part, epoch: action.epoch }));
        return;
      case "restarting":
        this.#options.report.restarting(action.part, action.detail, action.inMs);
        return this.tell({ type: "restarting", part: action.part, detail: action.detail, inMs: action.inMs });
      case "allReady":
        this.#resolveReady();
        return;
      case "finished":
        void this.#finish();
    }
  }

  #program(name: string): PartProgram {
    const program = this.#programs.get(name);
    assert(program, `part ${name} has a program`);
    return program;
  }

  #spawn(program: PartProgram): void {
    const { name } = program;
    let child: ChildProcess;
    try {
      program.settle?.();
      const path = join(this.#options.paths.logs, `${name}.log`);
      rotate(path);
      const log = openLog(path, program.dropped?.user.uid);
      try {
        child = start(program, log);
      } finally {
        closeSync(log);
      }
    } catch (error) {
      return this.#post({ type: "exited", part: name, detail: error instanceof Error ? error.message : String(error) });
    }
    child.once("error", (error) => {
      if (child.pid === undefined) this.#post({ type: "exited", part: name, detail: error.message });
    });
    if (child.pid === undefined) return;
    const record = recordOf(child.pid);
    child.once("exit", (code, signal) => this.#exited(name, record, signal ? `killed by ${signal}` : `exit code ${code}`));
    this.#children.add(record);
    this.#records.set(name, record);
    writePartRecord(this.#options.paths, name, record);
    this.#post({ type: "spawned", part: name, pid: child.pid });
  }

  #exited(name: string, record: ProcessRecord, detail: string): void {
    this.#children.delete(record);
    if (this.#records.get(name) !== record) return;
    this.#records.delete(name);
    this.#channels.delete(name);
    removePartRecord(this.#options.paths, name);
    this.#post({ type: "exited", part: name, detail });
  }

  #attach(program: PartProgram, pid: number): void {
    const { name, whenReady, whenGone, foreign } = program;
    // Our own parts connect by themselves as soon as they see the socket.
    if (!foreign || !whenReady) return;
    whenReady().then(
      (facts) => {
        if (this.#records.get(name)?.pid === pid) this.#ready(name, facts);
      },
      (error: unknown) => {
        this.#options.report.progress(name, error instanceof Error ? error.message : String(error));
        this.#signal(name, "SIGKILL");
      },
    );
    const record = this.#records.get(name);
    // Of a child the kernel tells us.
    if (!record || this.#children.has(record)) return;
    void whenGone?.(pid).then(() => this.#exited(name, record, "gone"));
  }

  #go(name: string, facts: Readonly<Record<string, unknown>>): void {
    this.#options.facts().then(
      (common) => this.#channels.get(name)?.send({ type: "go", facts: { ...common, ...facts } }),
      (error: unknown) => {
        this.#options.report.progress(name, error instanceof Error ? error.message : String(error));
        this.#post({ type: "stop" });
      },
    );
  }

  #askToStop(name: string): void {
    const channel = this.#channels.get(name);
    if (channel) channel.send({ type: "stop" });
    else this.#signal(name, "SIGTERM");
  }

  #signal(name: string, signal: "SIGTERM" | "SIGKILL"): void {
    const record = this.#records.get(name);
    if (!record || !isAlive(record)) return;
    try {
      process.kill(record.pid, signal);
    } catch {
      // It went between the look and the signal, which is what was wanted.
    }
    // Nobody tells us when a process that is not our child has gone: one look, after the kernel had time.
    if (signal === "SIGKILL" && !this.#children.has(record))
      this.#options.clock.after(200, () => {
        if (this.#records.get(name) === record) this.#exited(name, record, "killed by SIGKILL");
      });
  }

  #ready(name: string, facts: Readonly<Record<string, unknown>>): void {
    this.#options.report.partReady(name, facts);
    this.#post({ type: "ready", part: name, facts });
  }

  tell(message: Message): void {
    for (const listener of this.#listeners) listener.send(message);
  }

  #accept(channel: Channel): ChannelEvents {
    let part: string | undefined;
    return {
      message: (message) => {
        if (message.type === "hello") {
          part = this.#welcome(channel, message);
          if (part === undefined) channel.close();
        } else if (part === undefined) this.#question(channel, message);
        else if (message.type === "ready") this.#ready(part, (message["facts"] ?? {}) as Readonly<Record<string, unknown>>);
        else if (message.type === "progress") this.#options.report.progress(part, String(message["text"]));
      },
      closed: () => {
        this.#listeners.delete(channel);
        if (part !== undefined && this.#channels.get(part) === channel) {
          this.#channels.delete(part);
          const record = this.#records.get(part);
          // A child's exit is told by the kernel; for an adopted part the closed connection is all there is.
          if (record) this.#lookAfter(part, record, this.#children.has(record) ? 2000 : 0);
        }
      },
    };
  }

  /** A process that no longer speaks: it is on its way out, or it is broken and is killed. */
  #lookAfter(name: string, record: ProcessRecord, afterMs: number): void {
    this.#options.clock.after(afterMs, () => {
      if (this.#records.get(name) !== record || this.#channels.has(name)) return;
      if (!isAlive(record)) return this.#exited(name, record, "gone");
      this.#signal(name, "SIGKILL");
    });
  }

  #welcome(channel: Channel, message: Message): string | undefined {
    const name = String(message["part"]);
    const record = this.#records.get(name);
    if (!record || record.pid !== message["pid"]) return undefined;
    this.#channels.set(name, channel);
    this.#post({ type: "hello", part: name, pid: record.pid });
    // An adopted part that serves already says so with its hello.
    if (message["facts"] !== undefined) this.#ready(name, message["facts"] as Readonly<Record<string, unknown>>);
    return name;
  }

  #question(channel: Channel, message: Message): void {
    if (message.type === "status")
      channel.send({ type: "status", parts: this.#plan.views(), stopping: this.#plan.stopping, ...this.#options.describe?.() });
    else if (message.type === "listen") {
      this.#listeners.add(channel);
      for (const earlier of this.#options.history?.() ?? []) channel.send(earlier);
    } else if (message.type === "stop") {
      this.#listeners.add(channel);
      if (message["force"] === true) this.force();
      else this.stop();
    } else channel.send({ type: "refused", message: `unknown request ${JSON.stringify(message.type)}` });
  }

  async #finish(): Promise<void> {
    for (const program of [...this.#programs.values()].reverse()) {
      try {
        this.#removed.push(...((await program.clear?.()) ?? []));
      } catch (error) {
        this.#options.report.progress(program.name, error instanceof Error ? error.message : String(error));
      }
    }
    // Nothing of ours is touched in the folder after this is said: whoever hears it may remove the folder.
    removePartRecord(this.#options.paths, "supervisor");
    this.#lock.release();
    this.tell({ type: "finished", removed: this.#removed });
    this.#server?.close();
    this.#resolveFinished(this.#removed);
  }
}

/** Throws LockedError when another supervisor holds the folder. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const lock = acquireLock(options.paths);
  try {
    const shell = new Shell(options, lock);
    await shell.begin();
    return shell;
  } catch (error) {
    lock.release();
    throw error;
  }
}
