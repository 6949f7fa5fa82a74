// `dhow clock`: the time of a cluster that was made with `up --clock virtual`: looked at, stepped, let flow, stopped.
// Invariant: a step has been taken, and the cluster is at rest, when the verb ends; Ctrl-C stops a step where it is.
// Called by: program.ts. Next on the way: world.ts, then sim/driver.ts.

import { parseDurationMs } from "#config";
import type { ClockView, Moved } from "#sim";
import { CliError, exitCodes, type Io } from "./io.ts";
import { askWorld, virtualCluster } from "./world.ts";

export interface ClockOptions {
  readonly name: string;
  readonly output?: "json";
}

const wrong = (text: string): CliError => new CliError(text, exitCodes.wrongUse);

function question(what: string, how: string | undefined): { type: string; ms?: number; rate?: number } {
  if (what === "step") {
    const ms = how === undefined ? undefined : parseDurationMs(how);
    if (ms === undefined) throw wrong("how far? `dhow clock step 30s`, `500ms`, `1h10m`");
    return { type: "step", ms };
  }
  if (what === "run") {
    const rate = /^[x×]?(\d+(?:\.\d+)?)[x×]?$/i.exec(how ?? "1")?.[1];
    if (rate === undefined || Number(rate) === 0) throw wrong("how fast? `dhow clock run x10`: ten virtual seconds in a second");
    return { type: "run", rate: Number(rate) };
  }
  if (what !== "show" && what !== "pause") throw wrong(`no ${JSON.stringify(what)}; there are show, step 30s, run x10, pause`);
  if (how !== undefined) throw wrong(`\`dhow clock ${what}\` takes nothing more; ${JSON.stringify(how)} is too much`);
  return { type: what };
}

const units = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

/** As a person writes it: 1h10m, 30s, 250ms. */
export function spanText(ms: number): string {
  let left = Math.round(ms);
  let text = "";
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}

export const instantText = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

export function clockText(view: ClockView): string {
  const state = view.state === "running" ? `running ×${view.rate}` : view.state;
  return `${instantText(view.nowMs)}  ${state}`;
}

export async function clock(io: Io, options: ClockOptions, what: string, how?: string): Promise<number> {
  const asked = question(what, how);
  const answer = await askWorld(virtualCluster(io, options.name), asked);
  const view = answer as unknown as ClockView & { readonly moved?: Moved };
  if (options.output === "json") {
    const { type: _, ...rest } = answer;
    io.out(JSON.stringify(rest));
    return exitCodes.done;
  }
  io.out(clockText(view));
  if (what === "show") {
    const next = view.nextInMs === undefined ? "none" : `the first in ${spanText(view.nextInMs)}`;
    io.out(`since the start: ${spanText(view.sinceStartMs)}; timers fired: ${view.fired}; waiting: ${view.waiting}, ${next}`);
  }
  if (view.moved) {
    const { fromMs, toMs, fired, tookMs, short } = view.moved;
    io.err(`${spanText(toMs - fromMs)} in ${(tookMs / 1000).toFixed(1)} s, ${fired} timers${short ? "; stopped before the end" : ""}`);
    if (short) return exitCodes.failed;
  }
  return exitCodes.done;
}
