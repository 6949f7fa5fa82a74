// The processes of a cluster, from its settings: which parts there are, what each needs, how each is started and cleared away.
// Invariant: names of parts and nodes follow from the settings alone, so that the next supervisor finds the same ones.
// Called by: bring-up.ts, cli/down. Next on the way: supervisor/shell.ts, which runs them.

import { createConnection } from "node:net";
import type { Clock } from "#lib";
import { heapFlags, isHeapFlag, type Role } from "./heap.ts";
import { type NodePlace, nodePlaces, ownContainerd, strayPlaces } from "./node-place.ts";
import type { ClusterSettings } from "./state/folder.ts";
import type { StatePaths } from "./state/paths.ts";
import type { PartProgram } from "./supervisor/shell.ts";
import type { Serving } from "./user/decide.ts";
import { servingProgram } from "./user/program.ts";

/** How a process of ours is started: the interpreter with its flags, and the one entry file. */
export interface Launcher {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly main: string;
}

export const partNames = {
  controlPlane: "control-plane",
  simulatedNodes: "nodes-simulated",
  simulation: "simulation",
  supervisor: "supervisor",
  keys: "keys",
} as const;

export function nodePart(node: string): string {
  return `node-${node}`;
}

/** Nodes with a process, a certificate and a runtime of their own. */
export function realNodes(name: string, settings: ClusterSettings): readonly string[] {
  return settings.runtime === "containerd" ? Array.from({ length: settings.nodes }, (_, index) => `${name}-${index + 1}`) : [];
}

export function simulatedNodes(name: string, settings: ClusterSettings): readonly string[] {
  const count = settings.simulatedNodes + (settings.runtime === "simulated" ? settings.nodes : 0);
  return Array.from({ length: count }, (_, index) => `${name}-sim-${index + 1}`);
}

export function isSimulatedNode(name: string, node: string): boolean {
  return node.startsWith(`${name}-sim-`);
}

/** One allocation arena: what a cluster on a laptop weighs when it does nothing. */
export const leanEnv: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };

function roleOf(part: string): Role {
  if (part === partNames.controlPlane) return "control-plane";
  return part === partNames.simulatedNodes ? "simulated-nodes" : "other";
}

/** Without a home the process is started in its state folder. `nodes` is how many it has to do with: all of the cluster's for control plane and simulated nodes. */
export function partArgv(
  launcher: Launcher,
  part: string,
  home: string | undefined,
  name: string,
  extra: readonly string[] = [],
  nodes = 1,
): readonly string[] {
  const inherited = launcher.execArgv.filter((flag) => !isHeapFlag(flag));
  return [
    launcher.execPath,
    ...inherited,
    ...heapFlags(roleOf(part), nodes),
    launcher.main,
    "part",
    part,
    ...(home === undefined ? ["--entered"] : ["--home", home]),
    "--name",
    name,
    ...extra,
  ];
}

/** Resolves when the other end of a unix socket goes: how the death of a process that is nobody's child is noticed. */
function socketGone(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.on("error", () => undefined);
    socket.once("close", () => resolve());
    socket.resume();
  });
}

async function containerdProgram(paths: StatePaths, settings: ClusterSettings, place: NodePlace, clock: Clock): Promise<PartProgram> {
  const { containerdFor } = await import("./containerd.ts");
  const containerd = containerdFor(paths, place, clock, settings.ociRuntime);
  const { argv, env, socket } = containerd;
  const { pathExists } = await import("#cri");
  return {
    name: place.containerdPart,
    needs: [],
    stopMs: 15_000,
    foreign: true,
    argv,
    env,
    whenReady: async () => {
      await pathExists(socket, { clock, timeoutMs: 30_000 });
      return { containerdSocket: socket };
    },
    whenGone: () => socketGone(socket),
    clear: () => containerd.clear(),
  };
}

/** Nodes that the cluster had with other settings, and whose end nobody saw: what they left is cleared as if they had been stopped. */
export async function clearStrays(paths: StatePaths, settings: ClusterSettings, clock: Clock): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const place of strayPlaces(paths, settings)) {
    const { clearNode } = await import("./containerd.ts");
    removed.push(...(await clearNode(paths, place, clock)));
  }
  return removed;
}

export async function clusterParts(
  home: string,
  paths: StatePaths,
  settings: ClusterSettings,
  launcher: Launcher,
  clock: Clock,
  serving?: Serving,
): Promise<readonly PartProgram[]> {
  const { name } = paths;
  const from = { home, paths, launcher, environment: process.env };
  const serves = (part: string, needs: readonly string[], stopMs: number, folders: readonly string[]): PartProgram =>
    servingProgram({ name: part, needs, stopMs, env: leanEnv }, from, serving, folders, (start, seenFrom) =>
      partArgv(start, part, seenFrom, name, [], settings.nodes + settings.simulatedNodes),
    );
  const agent = (node: string, needs: readonly string[]): PartProgram => ({
    name: nodePart(node),
    needs,
    stopMs: 45_000,
    argv: partArgv(launcher, "node", home, name, ["--node", node]),
    env: leanEnv,
  });
  const clear = (): Promise<readonly string[]> => clearStrays(paths, settings, clock);
  if (settings.virtual) return [{ ...serves(partNames.simulation, [], 10_000, [paths.simulated]), clear }];
  const parts: PartProgram[] = [{ ...serves(partNames.controlPlane, [], 10_000, [paths.store]), clear }];
  const places = nodePlaces(paths, settings);
  if (ownContainerd(settings)) for (const place of places) parts.push(await containerdProgram(paths, settings, place, clock));
  for (const place of places) parts.push(nodeProgram(paths, settings, place, agent, clock));
  if (simulatedNodes(name, settings).length > 0)
    parts.push(serves(partNames.simulatedNodes, [partNames.controlPlane], 5000, [paths.simulated]));
  return parts;
}

function nodeProgram(
  paths: StatePaths,
  settings: ClusterSettings,
  { node, containerdPart }: NodePlace,
  agent: (node: string, needs: readonly string[]) => PartProgram,
  clock: Clock,
): PartProgram {
  const program = (needs: readonly string[]): PartProgram => agent(node, [partNames.controlPlane, ...needs]);
  const foreign = settings.cri?.replace(/^unix:\/\//, "");
  if (foreign === undefined) return program([containerdPart]);
  return { ...program([]), clear: async () => (await import("./foreign-runtime.ts")).clearForeign(paths, foreign, clock) };
}
