// What a supervisor does, as a function of what happened: events in, actions out.
// Invariant: a part that dies comes back after a growing pause until somebody asked to stop; parts stop in reverse order of their needs.
// Called by: supervisor/shell.ts, which carries the actions out. Next on the way: shell.ts.

export interface PartSpec {
  readonly name: string;
  /** Parts that must be ready before this one may go. Processes are started at once all the same: booting takes longest. */
  readonly needs: readonly string[];
  /** How long it may take to stop before it is killed. */
  readonly stopMs: number;
  /** Other programs say nothing on our channel; the shell finds out by itself when they are ready. */
  readonly foreign?: boolean;
}

export type PartPhase = "down" | "adopting" | "booting" | "going" | "ready" | "waiting" | "stopping";

interface PartState {
  readonly spec: PartSpec;
  phase: PartPhase;
  pid?: number;
  /** Said hello: it can be told to go. */
  greeted: boolean;
  facts: Readonly<Record<string, unknown>>;
  /** Deaths in a row without having been ready for `settledMs`. */
  failures: number;
  restarts: number;
  /** Timers carry the number they were set with; an older one is ignored. */
  epoch: number;
  lastExit?: string;
}

export type SupervisorEvent =
  /** `spawn` false: only what still runs is taken over, to be stopped. */
  | { readonly type: "begin"; readonly adopted: Readonly<Record<string, number>>; readonly spawn: boolean }
  | { readonly type: "spawned"; readonly part: string; readonly pid: number }
  | { readonly type: "hello"; readonly part: string; readonly pid: number }
  | { readonly type: "ready"; readonly part: string; readonly facts: Readonly<Record<string, unknown>> }
  | { readonly type: "exited"; readonly part: string; readonly detail: string }
  | { readonly type: "timer"; readonly part: string; readonly epoch: number }
  | { readonly type: "stop" }
  | { readonly type: "force" };

export type SupervisorAction =
  | { readonly type: "spawn"; readonly part: string }
  /** Wait for an adopted or foreign part by its own means. */
  | { readonly type: "attach"; readonly part: string; readonly pid: number }
  | { readonly type: "go"; readonly part: string; readonly facts: Readonly<Record<string, unknown>> }
  | { readonly type: "askToStop"; readonly part: string }
  | { readonly type: "kill"; readonly part: string; readonly pid: number }
  | { readonly type: "timer"; readonly part: string; readonly epoch: number; readonly afterMs: number }
  | { readonly type: "restarting"; readonly part: string; readonly detail: string; readonly inMs: number }
  | { readonly type: "allReady" }
  | { readonly type: "finished" };

export interface PartView {
  readonly name: string;
  readonly phase: PartPhase;
  readonly pid?: number;
  readonly restarts: number;
  readonly lastExit?: string;
}

export const supervisorLimits = { adoptMs: 3000, settledMs: 60_000, firstPauseMs: 250, longestPauseMs: 30_000 } as const;

export function restartPauseMs(failures: number): number {
  return Math.min(supervisorLimits.firstPauseMs * 2 ** Math.max(failures - 1, 0), supervisorLimits.longestPauseMs);
}

export class SupervisorPlan {
  readonly #parts = new Map<string, PartState>();
  #stopping = false;
  #wasReady = false;
  #finished = false;

  constructor(specs: readonly PartSpec[]) {
    for (const spec of specs)
      this.#parts.set(spec.name, { spec, phase: "down", greeted: false, facts: {}, failures: 0, restarts: 0, epoch: 0 });
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  get ready(): boolean {
    return [...this.#parts.values()].every((part) => part.phase === "ready");
  }

  views(): PartView[] {
    return [...this.#parts.values()].map(({ spec, phase, pid, restarts, lastExit }) => ({
      name: spec.name,
      phase,
      restarts,
      ...(pid === undefined ? {} : { pid }),
      ...(lastExit === undefined ? {} : { lastExit }),
    }));
  }

  step(event: SupervisorEvent): SupervisorAction[] {
    const actions: SupervisorAction[] = [];
    this.#handle(event, actions);
    if (this.#stopping) this.#advanceStop(actions);
    else {
      this.#letGo(actions);
      if (this.ready && !this.#wasReady) {
        this.#wasReady = true;
        actions.push({ type: "allReady" });
      }
    }
    return actions;
  }

  #handle(event: SupervisorEvent, actions: SupervisorAction[]): void {
    if (event.type === "begin") return this.#begin(event.adopted, event.spawn, actions);
    if (event.type === "stop") {
      this.#stopping = true;
      return;
    }
    if (event.type === "force") return this.#force(actions);
    const part = this.#parts.get(event.part);
    if (!part) return;
    switch (event.type) {
      case "spawned":
        part.pid = event.pid;
        // A stop that came while the process was being made must not miss it.
        if (part.phase !== "stopping") part.phase = "booting";
        if (part.spec.foreign && part.phase === "booting") actions.push({ type: "attach", part: event.part, pid: event.pid });
        return;
      case "hello":
        part.greeted = true;
        part.pid = event.pid;
        if (part.phase === "adopting") part.phase = "booting";
        return;
      case "ready":
        part.facts = event.facts;
        if (part.phase !== "stopping") this.#nowReady(part, actions);
        return;
      case "exited":
        return this.#exited(part, event.detail, actions);
      case "timer":
        if (event.epoch === part.epoch) this.#timer(part, actions);
    }
  }

  #begin(adopted: Readonly<Record<string, number>>, spawn: boolean, actions: SupervisorAction[]): void {
    for (const part of this.#parts.values()) {
      const pid = adopted[part.spec.name];
      if (pid === undefined) {
        if (spawn) actions.push({ type: "spawn", part: part.spec.name });
        continue;
      }
      part.phase = "adopting";
      part.pid = pid;
      actions.push({ type: "attach", part: part.spec.name, pid });
      this.#setTimer(part, supervisorLimits.adoptMs, actions);
    }
  }

  /** Whoever has said hello and has all it needs is told to go, with the facts of what it needs. */
  #letGo(actions: SupervisorAction[]): void {
    for (const part of this.#parts.values()) {
      if (part.phase !== "booting" || !part.greeted) continue;
      const needs = part.spec.needs.map((name) => this.#parts.get(name));
      if (!needs.every((need) => need?.phase === "ready")) continue;
      part.phase = "going";
      actions.push({ type: "go", part: part.spec.name, facts: Object.assign({}, ...needs.map((need) => need!.facts)) });
    }
  }

  #nowReady(part: PartState, actions: SupervisorAction[]): void {
    part.phase = "ready";
    this.#setTimer(part, supervisorLimits.settledMs, actions);
  }

  #exited(part: PartState, detail: string, actions: SupervisorAction[]): void {
    part.lastExit = detail;
    part.greeted = false;
    part.epoch += 1;
    delete part.pid;
    if (this.#stopping) {
      part.phase = "down";
      return;
    }
    part.failures += 1;
    part.phase = "waiting";
    const inMs = restartPauseMs(part.failures);
    actions.push({ type: "restarting", part: part.spec.name, detail, inMs });
    this.#setTimer(part, inMs, actions);
  }

  #timer(part: PartState, actions: SupervisorAction[]): void {
    if (part.phase === "waiting") {
      part.restarts += 1;
      part.phase = "down";
      actions.push({ type: "spawn", part: part.spec.name });
    } else if (part.phase === "adopting" && part.pid !== undefined) {
      // It runs and does not answer. Its exit brings a fresh one.
      actions.push({ type: "kill", part: part.spec.name, pid: part.pid });
    } else if (part.phase === "stopping" && part.pid !== undefined) {
      actions.push({ type: "kill", part: part.spec.name, pid: part.pid });
    } else if (part.phase === "ready") {
      part.failures = 0;
    }
  }

  /** Stops what nobody needs any more, until nothing runs. */
  #advanceStop(actions: SupervisorAction[]): void {
    for (const part of this.#parts.values()) {
      if (part.phase === "waiting") part.phase = "down";
      if (part.phase === "down" || part.phase === "stopping" || part.pid === undefined) continue;
      const name = part.spec.name;
      const needed = [...this.#parts.values()].some((other) => other.phase !== "down" && other.spec.needs.includes(name));
      if (needed) continue;
      part.phase = "stopping";
      actions.push({ type: "askToStop", part: name });
      this.#setTimer(part, part.spec.stopMs, actions);
    }
    if (this.#finished || [...this.#parts.values()].some((part) => part.pid !== undefined)) return;
    this.#finished = true;
    actions.push({ type: "finished" });
  }

  #force(actions: SupervisorAction[]): void {
    this.#stopping = true;
    for (const part of this.#parts.values()) {
      if (part.pid === undefined) continue;
      part.phase = "stopping";
      actions.push({ type: "kill", part: part.spec.name, pid: part.pid });
    }
  }

  #setTimer(part: PartState, afterMs: number, actions: SupervisorAction[]): void {
    part.epoch += 1;
    actions.push({ type: "timer", part: part.spec.name, epoch: part.epoch, afterMs });
  }
}
