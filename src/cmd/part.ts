// A part of a cluster as a process: control plane, node agent, all simulated nodes, or the detached supervisor.
// Invariant: does nothing but boot until the supervisor says go; ends with 0 when asked to, with 1 when it cannot serve.
// Called by: main.ts, started by the supervisor. Next on the way: compose/control-plane.ts and its siblings.

import { flushCompileCache } from "node:module";
import { join } from "node:path";
import {
  type ClusterSettings,
  type Facts,
  enteredPaths,
  growingFile,
  makeKeys,
  type PartContext,
  partNames,
  type RunningPart,
  runPart,
  spanFile,
  startControlPlane,
  startNode,
  startSimulatedNodes,
  statePaths,
  warmUp,
} from "#compose";
import { parseFlags } from "#config";
import { type Clock, createLog, type Log, MetricRegistry, systemClock, systemPrng } from "#lib";

const flushAfterMs = 3000;
const flushRounds = 20;
const idleShare = 0.1;
const logBytes = 16 * 1024 * 1024;

const flags = {
  home: { type: "string", help: "folder of all clusters" },
  entered: { type: "bool", help: "the working directory is the cluster's state folder" },
  name: { type: "string", default: "dhow", help: "name of the cluster" },
  node: { type: "string", help: "name of the node" },
} as const;

export async function part(argv: readonly string[], main: string): Promise<void> {
  const [kind = "", ...rest] = argv;
  const { home, entered, name, node } = parseFlags(flags, rest);
  const paths = entered ? enteredPaths(name) : statePaths(home, name);
  if (kind === partNames.supervisor) {
    const { supervise } = await import("./supervisor.ts");
    return supervise(home, paths, { execPath: process.execPath, execArgv: process.execArgv, main });
  }
  if (kind === partNames.keys) return makeKeys(paths, node === "" ? [] : node.split(","), systemClock());
  const partName = kind === "node" ? `node-${node}` : kind;
  const [clock, prng] = [systemClock(), systemPrng()];
  // The same file as our standard error, which the supervisor opened; written by name so that it can be bounded.
  const file = growingFile(join(paths.logs, `${partName}.log`), logBytes);
  const logOn = (on: Clock): Log => createLog(on, (line) => file.write(line)).with({ component: partName });
  const log = logOn(clock);
  const starts: Readonly<Record<string, (context: PartContext) => Promise<RunningPart>>> = {
    [partNames.controlPlane]: startControlPlane,
    [partNames.simulatedNodes]: startSimulatedNodes,
    [partNames.simulation]: async (context) => (await import("#sim")).startSimulation(context, logOn),
    node: (context) => startNode(context, node),
  };
  const start = starts[kind];
  if (!start) throw new Error(`unknown part ${JSON.stringify(kind)}`);
  process.title = `dhow ${name} ${partName}`;
  process.on("uncaughtException", (error) => {
    log.error("uncaught exception", { error });
    process.exit(1);
  });
  process.on("unhandledRejection", (error) => log.error("unhandled rejection", { error }));
  const spans = spanFile(join(paths.traces, `${partName}.jsonl`));
  // Modules load while the keys are made and the other parts boot.
  warmUp(kind).catch(() => undefined);
  runPart({
    name: partName,
    socket: paths.socket,
    start: async (facts: Facts, progress) => {
      flushWhenIdle(clock);
      return start({
        paths,
        settings: facts["settings"] as ClusterSettings,
        facts,
        clock,
        prng,
        log,
        metrics: new MetricRegistry(),
        spans,
        progress,
      });
    },
    failed: (error) => log.error("part failed", { error }),
    exit(code) {
      spans.close();
      process.exit(code);
    },
  });
}

/**
 * A part may end by a kill: what was compiled is kept for the next start now, not at the end. The first time that takes a second
 * in which nothing else runs, so it waits until there is nothing else to do.
 */
function flushWhenIdle(clock: Clock): void {
  let before = performance.eventLoopUtilization();
  const look = (round: number): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization < idleShare) flushCompileCache();
    else if (round < flushRounds) clock.after(flushAfterMs, () => look(round + 1));
  };
  clock.after(flushAfterMs, () => look(1));
}
