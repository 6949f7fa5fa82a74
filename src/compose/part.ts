// The other end of the supervisor's channel: what every process of ours does to be supervised.
// Invariant: a part lives on when its supervisor dies and introduces itself, with its facts, to the next one; it ends when asked to, or by signal.
// Called by: cmd/ for each part's process. Next on the way: control-plane.ts, node.ts.

import type { Channel } from "./supervisor/channel.ts";
import { keepConnected } from "./supervisor/channel.ts";

export type Facts = Readonly<Record<string, unknown>>;

/** `cluster`: the whole cluster goes, and what runs on this node with it. `signal`: only this process goes. */
export type StopReason = "cluster" | "signal";

export interface RunningPart {
  readonly facts: Facts;
  stop(reason: StopReason): Promise<void>;
}

export interface PartOptions {
  readonly name: string;
  readonly socket: string;
  /** Starts the component once the supervisor says go; resolves when it serves. */
  readonly start: (facts: Facts, progress: (text: string) => void) => Promise<RunningPart>;
  readonly exit: (code: number) => void;
  readonly failed: (error: unknown) => void;
}

export function runPart(options: PartOptions): void {
  let channel: Channel | undefined;
  let running: Promise<RunningPart> | undefined;
  let serving: RunningPart | undefined;
  let stopping = false;
  const stop = async (reason: StopReason): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      await (await running)?.stop(reason);
      options.exit(0);
    } catch (error) {
      options.failed(error);
      options.exit(1);
    }
  };
  const go = async (facts: Facts): Promise<void> => {
    if (running || stopping) return;
    try {
      running = options.start(facts, (text) => channel?.send({ type: "progress", text }));
      serving = await running;
      channel?.send({ type: "ready", facts: serving.facts });
    } catch (error) {
      options.failed(error);
      channel?.send({ type: "progress", text: error instanceof Error ? error.message : String(error) });
      setImmediate(() => options.exit(1));
    }
  };
  keepConnected(
    options.socket,
    (connected) => {
      channel = connected;
      connected.send({ type: "hello", part: options.name, pid: process.pid, ...(serving ? { facts: serving.facts } : {}) });
    },
    (message) => {
      if (message.type === "go") void go(message["facts"] as Facts);
      else if (message.type === "stop") void stop("cluster");
    },
  );
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop("signal"));
}
