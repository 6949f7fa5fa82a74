// What a simulated runtime holds: sandboxes, containers, images; and the life of a container from start to end.
// Invariant: every change is written to the journal before its event goes out, so that a restarted process finds what "ran".
// Called by: runtime.ts. Next on the way: behaviour.ts says what a container does.

import type { Clock, Timer } from "#lib";
import type { CriEvent } from "../contract.ts";
import { CriError } from "../errors.ts";
import type { ContainerStatus, Image, PodSandboxStatus } from "../messages.ts";
import { behaviourOf } from "./behaviour.ts";

/** Lines that survive the process. The newest line of a key wins; `null` forgets it. */
export interface SimulatedJournal {
  read(): readonly string[];
  append(line: string): void;
  /** Starts again with these lines only. */
  rewrite(lines: readonly string[]): void;
}

export interface SimulatedSandbox {
  readonly status: PodSandboxStatus;
  readonly logDirectory: string;
  readonly hostname?: string;
}

export interface SimulatedContainer {
  readonly status: ContainerStatus;
  readonly sandboxId: string;
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  readonly memoryLimitBytes?: number;
}

type Stored =
  | { readonly kind: "sandbox"; readonly value: SimulatedSandbox }
  | { readonly kind: "container"; readonly value: SimulatedContainer }
  | { readonly kind: "image"; readonly value: Image };

export const endpoint = "simulated://";
/** How fast memory is eaten: a gibibyte a second. */
const eatenBytesPerMs = 1024 ** 3 / 1000;
export const nanos = (ms: number): number => ms * 1_000_000;

/** Somebody attached: every line, then the end. */
export interface ContainerWatcher {
  line(line: string): void;
  ended(): void;
}

export interface StateOptions {
  readonly clock: Clock;
  readonly journal?: SimulatedJournal;
  readonly writeLog?: (path: string, line: string) => void;
  emit(event: CriEvent): void;
}

export class SimulatedState {
  readonly #options: StateOptions;
  readonly #records = new Map<string, Stored>();
  readonly #timers = new Map<string, Timer[]>();
  #appended = 0;
  readonly #stopping = new Map<string, (() => void)[]>();
  readonly #watchers = new Map<string, Set<ContainerWatcher>>();

  constructor(options: StateOptions) {
    this.#options = options;
    this.#restore();
  }

  sandboxes(): SimulatedSandbox[] {
    return [...this.#records.values()].flatMap((one) => (one.kind === "sandbox" ? [one.value] : []));
  }

  containers(): SimulatedContainer[] {
    return [...this.#records.values()].flatMap((one) => (one.kind === "container" ? [one.value] : []));
  }

  images(): Image[] {
    return [...this.#records.values()].flatMap((one) => (one.kind === "image" ? [one.value] : []));
  }

  sandbox(id: string): SimulatedSandbox | undefined {
    const found = this.#records.get(id);
    return found?.kind === "sandbox" ? found.value : undefined;
  }

  container(id: string): SimulatedContainer | undefined {
    const found = this.#records.get(id);
    return found?.kind === "container" ? found.value : undefined;
  }

  put(id: string, record: Stored): void {
    this.#records.set(id, record);
    this.#append([id, record]);
  }

  forget(id: string): boolean {
    for (const timer of this.#timers.get(id) ?? []) timer.cancel();
    this.#timers.delete(id);
    if (!this.#records.delete(id)) return false;
    this.#append([id, null]);
    return true;
  }

  #append(entry: readonly [string, Stored | null]): void {
    const { journal } = this.#options;
    if (!journal) return;
    journal.append(JSON.stringify(entry));
    // Most lines speak of what is long gone: a journal is at most five times what it holds, and a thousand lines.
    if (++this.#appended > 1000 + 4 * this.#records.size) this.#compact(journal);
  }

  #compact(journal: SimulatedJournal): void {
    journal.rewrite([...this.#records].map((entry) => JSON.stringify(entry)));
    this.#appended = 0;
  }

  start(id: string): void {
    const container = this.container(id);
    if (!container) throw new CriError("StartContainer", endpoint, "NOT_FOUND", `container "${id}" not found`);
    if (container.status.state !== "CONTAINER_CREATED") {
      throw new CriError("StartContainer", endpoint, "FAILED_PRECONDITION", "container is not in created state");
    }
    const status: ContainerStatus = { ...container.status, state: "CONTAINER_RUNNING", startedAt: nanos(this.#options.clock.nowMs()) };
    this.put(id, { kind: "container", value: { ...container, status } });
    this.#options.emit({ kind: "started", containerId: id });
    this.#live(id, 0);
  }

  exit(id: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): void {
    const container = this.container(id);
    if (container?.status.state !== "CONTAINER_RUNNING") return;
    for (const timer of this.#timers.get(id) ?? []) timer.cancel();
    this.#timers.delete(id);
    const finishedAt = nanos(this.#options.clock.nowMs());
    const status: ContainerStatus = { ...container.status, state: "CONTAINER_EXITED", exitCode, reason, finishedAt };
    this.put(id, { kind: "container", value: { ...container, status } });
    for (const stopped of this.#stopping.get(id) ?? []) stopped();
    this.#stopping.delete(id);
    for (const watcher of this.#watchers.get(id) ?? []) watcher.ended();
    this.#watchers.delete(id);
    this.#options.emit({ kind: "stopped", containerId: id, exitCode });
  }

  /** Tells of lines and the end of a container that runs; returns how to stop listening. */
  watch(id: string, watcher: ContainerWatcher): () => void {
    const all = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, all.add(watcher));
    return () => void all.delete(watcher);
  }

  stop(id: string, timeoutSeconds: number): Promise<void> {
    const container = this.container(id);
    if (container?.status.state !== "CONTAINER_RUNNING") return Promise.resolve();
    const stopped = new Promise<void>((resolve) => {
      this.#stopping.set(id, [...(this.#stopping.get(id) ?? []), resolve]);
    });
    if (!behaviourOf(container.argv).ignoresTerm) this.exit(id, 143);
    else if (timeoutSeconds <= 0) this.exit(id, 137);
    else this.#later(id, timeoutSeconds * 1000, () => this.exit(id, 137));
    return stopped;
  }

  #later(id: string, afterMs: number, run: () => void): void {
    this.#timers.set(id, [...(this.#timers.get(id) ?? []), this.#options.clock.after(afterMs, run)]);
  }

  /** Sets the clock for what the container still has to do, `sinceMs` after it started. */
  #live(id: string, sinceMs: number): void {
    const container = this.container(id)!;
    const { lines, exit, eatsFromMs } = behaviourOf(container.argv);
    const { clock, writeLog } = this.#options;
    const print = (line: string): void => {
      writeLog?.(container.status.logPath, `${new Date(clock.nowMs()).toISOString()} stdout F ${line}\n`);
      for (const watcher of this.#watchers.get(id) ?? []) watcher.line(line);
    };
    for (const { afterMs, line } of lines) if (afterMs >= sinceMs) this.#later(id, afterMs - sinceMs, () => print(line));
    const limit = container.memoryLimitBytes ?? 0;
    if (eatsFromMs !== undefined && limit > 0)
      this.#later(id, Math.max(eatsFromMs + limit / eatenBytesPerMs - sinceMs, 0), () => this.exit(id, 137, "OOMKilled"));
    if (exit) this.#later(id, Math.max(exit.afterMs - sinceMs, 0), () => this.exit(id, exit.exitCode));
  }

  #restore(): void {
    const { journal, clock } = this.#options;
    if (!journal) return;
    const lines = journal.read();
    for (const line of lines) {
      try {
        const [id, record] = JSON.parse(line) as [string, Stored | null];
        if (record) this.#records.set(id, record);
        else this.#records.delete(id);
      } catch {
        // The last line of a process that was killed while writing it: that change never happened.
      }
    }
    if (lines.length > 0) this.#compact(journal);
    for (const { status } of this.containers()) {
      if (status.state === "CONTAINER_RUNNING") this.#live(status.id, clock.nowMs() - status.startedAt / 1_000_000);
    }
  }
}
