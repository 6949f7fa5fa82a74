// Before anything is made: which runtime, how many nodes, which port, and everything that stands in the way, listed at once.
// Invariant: reads only; a choice made for the user is said in words.
// Called by: up.ts. Next on the way: compose/state/folder.ts.

import { accessSync, constants, existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { type ClusterSettings, isAlive, partNames, partRecords, type StatePaths } from "#compose";

export interface UpOptions {
  readonly name: string;
  readonly detach?: boolean;
  readonly port?: number;
  readonly nodes?: number;
  readonly simulatedNodes?: number;
  readonly runtime?: "containerd" | "simulated";
  readonly cri?: string;
  readonly without?: readonly string[];
  readonly output?: "json";
  readonly quiet?: boolean;
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** The runtime that can run here, and why. */
function defaultRuntime(): { runtime: "containerd" | "simulated"; why: string } {
  if (process.platform !== "linux") return { runtime: "simulated", why: "containers need Linux" };
  if (!isRoot()) return { runtime: "simulated", why: "real containers need root" };
  const missing = ["containerd", "runc"].filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) return { runtime: "simulated", why: `${missing.join(" and ")} not found` };
  return { runtime: "containerd", why: "containerd is there and we are root" };
}

/** What the flags say, then what the last `up` of this cluster chose, then the defaults. */
export function chooseSettings(options: UpOptions, previous: ClusterSettings | undefined): Choice {
  const words: string[] = [];
  let runtime = options.runtime ?? (options.cri === undefined ? previous?.runtime : "containerd");
  if (runtime === undefined) {
    const chosen = defaultRuntime();
    runtime = chosen.runtime;
    words.push(`runtime: ${runtime} (${chosen.why}; --runtime chooses)`);
  } else if (runtime === "simulated") words.push("runtime: simulated (containers are only played)");
  const counted = options.nodes !== undefined || options.simulatedNodes !== undefined;
  const simulatedNodes = counted ? (options.simulatedNodes ?? 0) : (previous?.simulatedNodes ?? 0);
  const nodes = counted ? (options.nodes ?? (simulatedNodes > 0 ? 0 : 1)) : (previous?.nodes ?? 1);
  const port = options.port ?? previous?.port;
  const cri = options.cri ?? previous?.cri;
  return {
    settings: {
      nodes,
      simulatedNodes,
      runtime,
      without: options.without ?? previous?.without ?? [],
      ...(port === undefined ? {} : { port }),
      ...(cri === undefined ? {} : { cri }),
    },
    words,
  };
}

function portProblem(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      resolve(`port ${port}: ${error.code ?? error.message}; choose another by --port`),
    );
    probe.listen({ host: "127.0.0.1", port }, () => probe.close(() => resolve(undefined)));
  });
}

interface Choice {
  readonly settings: ClusterSettings;
  readonly words: readonly string[];
}

/** The port of last time may be somebody else's by now. A control plane of ours that still runs is about to be adopted with its port. */
export async function withFreePort(choice: Choice, options: UpOptions, paths: StatePaths): Promise<Choice> {
  const { port, ...rest } = choice.settings;
  if (port === undefined || options.port !== undefined) return choice;
  const left = partRecords(paths).get(partNames.controlPlane);
  if ((left && isAlive(left)) || (await portProblem(port)) === undefined) return choice;
  return { settings: rest, words: [...choice.words, `port ${port} is taken by now; another one is chosen`] };
}

/** Everything that would make this start fail. */
export async function preflight(options: UpOptions, settings: ClusterSettings): Promise<readonly string[]> {
  const problems: (string | undefined)[] = [];
  if (options.port !== undefined && options.port !== 0) problems.push(await portProblem(options.port));
  if (settings.nodes + settings.simulatedNodes > 5000) problems.push("more than 5000 nodes");
  if (settings.runtime === "containerd" && settings.nodes > 0) {
    if (process.platform !== "linux") problems.push("runtime containerd: needs Linux");
    else if (!isRoot()) problems.push("runtime containerd: needs root (--runtime simulated does not)");
    if (settings.nodes > 1) problems.push("more than one node on containerd is not supported yet; use --simulated-nodes for more nodes");
    if (settings.cri !== undefined) {
      const socket = settings.cri.replace(/^unix:\/\//, "");
      if (!existsSync(socket)) problems.push(`--cri: ${socket} does not exist`);
    } else
      for (const program of ["containerd", "runc", "ctr"])
        if (findProgram(program) === undefined)
          problems.push(`runtime containerd: ${program} is not installed (Debian: apt install containerd runc)`);
    for (const plugin of ["bridge", "host-local", "portmap", "loopback"])
      if (settings.cri === undefined && !existsSync(`/usr/lib/cni/${plugin}`))
        problems.push(`runtime containerd: CNI plugin /usr/lib/cni/${plugin} is missing (Debian: apt install containernetworking-plugins)`);
  }
  return problems.filter((problem) => problem !== undefined);
}
