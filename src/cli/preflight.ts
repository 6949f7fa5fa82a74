// Before anything is made: which runtime, how many nodes, which port, and everything that stands in the way, listed at once.
// Invariant: reads only; a choice made for the user is said in words.
// Called by: up.ts. Next on the way: host.ts for the machine, compose/state/folder.ts.

import { existsSync, statSync } from "node:fs";
import { type ClusterSettings, isAlive, partNames, partRecords, type StatePaths } from "#compose";
import { nearest } from "#config";
import type { Clock } from "#lib";
import { chooseStore, type ForeignStoreOptions } from "./foreign-store.ts";
import { containerProblems, type HostFacts, hostProblems, portProblem } from "./host.ts";
import { command } from "./io.ts";
import { chooseOciRuntime, ociRuntimeProblems, type OciRuntimeOptions } from "./oci-runtime.ts";

export interface UpOptions extends ForeignStoreOptions, OciRuntimeOptions {
  readonly name: string;
  readonly detach?: boolean;
  readonly port?: number;
  readonly nodes?: number;
  readonly simulatedNodes?: number;
  readonly runtime?: "containerd" | "simulated";
  readonly cri?: string;
  readonly podNetworkCidr?: string;
  readonly without?: readonly string[];
  readonly clock?: "real" | "virtual";
  readonly seed?: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly output?: "json";
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The runtime that can run here, and why. */
function defaultRuntime(facts: HostFacts): { runtime: "containerd" | "simulated"; why: string } {
  if (facts.platform !== "linux") return { runtime: "simulated", why: "containers need Linux" };
  if (!facts.root) return { runtime: "simulated", why: "real containers need root" };
  const [first, ...others] = containerProblems(facts, { nodes: 1 });
  if (first === undefined) return { runtime: "containerd", why: "containerd is there and we are root" };
  const more = others.length > 0 ? `, and ${others.length} more; \`dhow doctor\` lists them` : "";
  return { runtime: "simulated", why: `${first.replace(/^runtime containerd: /, "")}${more}` };
}

/** What the flags say, then what the last `up` of this cluster chose, then the defaults. */
export function chooseSettings(options: UpOptions, previous: ClusterSettings | undefined, nowMs: number, facts: () => HostFacts): Choice {
  const words: string[] = [];
  const virtual = options.clock === "virtual" || (options.clock === undefined && previous?.virtual !== undefined);
  let runtime = options.runtime ?? (options.cri === undefined ? (virtual ? "simulated" : previous?.runtime) : "containerd");
  if (runtime === undefined) {
    const chosen = defaultRuntime(facts());
    runtime = chosen.runtime;
    words.push(`runtime: ${runtime} (${chosen.why}; --runtime chooses)`);
  } else if (runtime === "simulated") words.push("runtime: simulated (containers are only played)");
  const counted = options.nodes !== undefined || options.simulatedNodes !== undefined;
  const simulatedNodes = counted ? (options.simulatedNodes ?? 0) : (previous?.simulatedNodes ?? 0);
  const nodes = counted ? (options.nodes ?? (simulatedNodes > 0 ? 0 : 1)) : (previous?.nodes ?? 1);
  const port = options.port ?? previous?.port;
  const cri = options.cri ?? previous?.cri;
  const startMs = options.since ?? previous?.virtual?.startMs ?? Math.floor(nowMs / 1000) * 1000;
  return {
    settings: {
      nodes,
      simulatedNodes,
      runtime,
      without: options.without ?? previous?.without ?? [],
      ...(port === undefined ? {} : { port }),
      ...(cri === undefined ? {} : { cri }),
      ...(previous?.podNetwork === undefined ? {} : { podNetwork: previous.podNetwork }),
      ...chooseOciRuntime(options, previous),
      ...chooseStore(options, previous),
      ...(virtual ? { virtual: { startMs, seed: options.seed ?? previous?.virtual?.seed ?? 1 } } : {}),
    },
    words,
  };
}

/** What a cluster in virtual time cannot have, and what only such a one has. */
export function clockProblems(options: UpOptions, previous: ClusterSettings | undefined): readonly string[] {
  const wasVirtual = previous?.virtual !== undefined;
  const virtual = options.clock === "virtual" || (options.clock === undefined && wasVirtual);
  const problems: string[] = [];
  if (previous && options.clock !== undefined && wasVirtual !== virtual)
    problems.push(
      `--clock ${options.clock}: this cluster began in ${wasVirtual ? "virtual" : "real"} time; another --name, or \`dhow down --purge\``,
    );
  if (!virtual)
    for (const name of ["seed", "since"] as const) if (options[name] !== undefined) problems.push(`--${name} belongs to --clock virtual`);
  if (virtual && (options.runtime === "containerd" || options.cri !== undefined))
    problems.push("--clock virtual: real containers live in the machine's time; it goes with --runtime simulated");
  return problems;
}

interface Choice {
  readonly settings: ClusterSettings;
  readonly words: readonly string[];
}

/** The port of last time may be somebody else's by now. A control plane of ours that still runs is about to be adopted with its port. */
export async function withFreePort(choice: Choice, options: UpOptions, paths: StatePaths): Promise<Choice> {
  const { port, ...rest } = choice.settings;
  if (port === undefined || options.port !== undefined) return choice;
  const records = partRecords(paths);
  const left = records.get(partNames.controlPlane) ?? records.get(partNames.simulation);
  if ((left && isAlive(left)) || (await portProblem(port)) === undefined) return choice;
  return { settings: rest, words: [...choice.words, `port ${port} is taken by now; another one is chosen`] };
}

const socketOf = (cri: string): string => cri.replace(/^unix:\/\//, "");

function criSocketProblems(cri: string): readonly string[] {
  const socket = socketOf(cri);
  if (!existsSync(socket)) return [`--cri: ${socket} does not exist; it is the socket of a CRI runtime that runs`];
  return statSync(socket).isSocket() ? [] : [`--cri: ${socket} is no socket`];
}

/** What a runtime that is not ours says of itself: what would fail, and what a person should know. */
export async function askRuntime(
  cri: string,
  clock: Clock,
  name: string,
): Promise<{ readonly problems: readonly string[]; readonly words: readonly string[] }> {
  const { describeRuntime } = await import("#cri");
  try {
    const { version, conditions, sandboxImage, sandboxImagePresent } = await describeRuntime(socketOf(cri), clock);
    const words = [`runtime: ${version.runtimeName} ${version.runtimeVersion} behind ${socketOf(cri)}, with its own network and images`];
    const unready = conditions.filter((condition) => !condition.status);
    if (sandboxImagePresent === false)
      words.push(
        `its image for every pod, ${sandboxImage}, is not there: it pulls it at the first pod; without a network: ${command("image load --sandbox", name)}`,
      );
    return {
      words,
      problems: unready.map(({ type, reason, message }) => `--cri: the runtime says ${type} is false: ${message || reason}`),
    };
  } catch (error) {
    return {
      words: [],
      problems: [
        `--cri: ${error instanceof Error ? error.message : String(error)}; is it a CRI runtime (containerd with its cri plugin, CRI-O)?`,
      ],
    };
  }
}

/** Names that nobody could leave out, because nobody has them. */
async function unknownParts(without: readonly string[]): Promise<readonly string[]> {
  const inside = "controller-manager/";
  const loops = without.filter((one) => one.startsWith(inside));
  const known: string[] = ["scheduler", "controller-manager"];
  if (loops.length > 0) known.push(...(await import("#controllers")).controllers.map(({ name }) => `${inside}${name}`));
  return without
    .filter((one) => !known.includes(one))
    .map((one) => {
      const near = nearest(one, known);
      return `--without: there is no ${JSON.stringify(one)}${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
}

/** Everything that would make this start fail, at once. */
export async function preflight(options: UpOptions, settings: ClusterSettings, facts: HostFacts): Promise<readonly string[]> {
  const problems = [...hostProblems(facts, settings), ...ociRuntimeProblems(options, settings), ...(await unknownParts(settings.without))];
  if (options.port !== undefined && options.port !== 0) {
    const problem = options.port > 65_535 ? "is no port" : await portProblem(options.port);
    if (problem !== undefined) problems.push(`port ${options.port} ${problem}; --port chooses another one`);
  }
  if (settings.nodes + settings.simulatedNodes > 5000) problems.push("more than 5000 nodes");
  if (settings.nodes + settings.simulatedNodes === 0) problems.push("no node at all; --nodes or --simulated-nodes says how many");
  if (settings.runtime === "containerd" && settings.cri !== undefined) problems.push(...criSocketProblems(settings.cri));
  return problems;
}
