// `dhow status`: which parts run, what they cost, how often they were restarted.
// Invariant: reads only; answers also when the supervisor is dead, from what the folder and /proc say.
// Called by: program.ts. Next on the way: `kubectl get nodes` for what the cluster itself says.

import {
  connectChannel,
  dhowHome,
  isAlive,
  lastLines,
  lockHolder,
  type Message,
  partRecords,
  type PartView,
  readSettings,
  readUser,
  type StatePaths,
  serverUrl,
  stateExists,
  statePaths,
} from "#compose";
import { processOwner, proportionalSetSize } from "#linux";
import type { ClockView } from "#sim";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { clockText } from "./clock.ts";
import { askWorld } from "./world.ts";

export interface StatusOptions {
  readonly name: string;
  readonly output?: "json";
}

interface PartStatus {
  readonly name: string;
  readonly phase: string;
  readonly pid?: number;
  readonly restarts: number;
  readonly lastExit?: string;
  readonly memoryBytes?: number;
  /** As the kernel tells it. */
  readonly user?: number;
}

export interface ClusterStatus {
  readonly name: string;
  readonly state: "running" | "starting" | "stopping" | "degraded" | "unsupervised" | "stopped" | "absent";
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly runtime?: string;
  /** Where its data lies, if not in its own folder. */
  readonly store?: readonly string[];
  /** Why the parts that serve run as root all the same. */
  readonly keepsRoot?: string;
  /** Of a cluster in virtual time. */
  readonly clock?: ClockView;
  readonly memoryBytes: number;
  readonly parts: readonly PartStatus[];
}

async function ask(io: Io, paths: StatePaths): Promise<Message> {
  const answer = Promise.withResolvers<Message>();
  const channel = await connectChannel(paths.socket, {
    message: answer.resolve,
    closed: () => answer.reject(new CliError("the supervisor ended")),
  });
  const bound = io.clock.after(5000, () => answer.reject(new CliError("the supervisor does not answer")), { hold: true });
  channel.send({ type: "status" });
  try {
    return await answer.promise;
  } finally {
    bound.cancel();
    channel.close();
  }
}

/** With what /proc says of its process. */
function seen(view: PartStatus): PartStatus {
  if (view.pid === undefined) return view;
  const [memoryBytes, user] = [proportionalSetSize(view.pid), processOwner(view.pid)];
  return { ...view, ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(user === undefined ? {} : { user }) };
}

export async function clusterStatus(io: Io, name: string): Promise<ClusterStatus> {
  const paths = statePaths(dhowHome(io.env), name);
  if (!stateExists(paths)) return { name, state: "absent", memoryBytes: 0, parts: [] };
  const settings = readSettings(paths);
  const { kept } = readUser(paths);
  const known = {
    ...(kept === undefined ? {} : { keepsRoot: kept }),
    ...(settings?.port === undefined ? {} : { server: serverUrl(settings.port) }),
    ...(settings ? { runtime: settings.runtime } : {}),
    ...(settings?.store ? { store: settings.store.servers } : {}),
    kubeconfig: paths.kubeconfig,
  };
  const holder = lockHolder(paths);
  if (!holder) {
    const left = [...partRecords(paths)].filter(([, record]) => isAlive(record));
    const parts = left.map(([part, { pid }]) => seen({ name: part, phase: "unsupervised", pid, restarts: 0 }));
    return { name, ...known, ...total(left.length > 0 ? "unsupervised" : "stopped", parts) };
  }
  const answer = await ask(io, paths);
  const views = answer["parts"] as readonly PartView[];
  const parts = [seen({ name: "supervisor", phase: "ready", pid: holder.pid, restarts: 0 }), ...views.map((view) => seen(view))];
  const ready = views.every((view) => view.phase === "ready");
  // A start that has failed is over, whatever of it still tries.
  const failed = views.some((view) => view.phase !== "ready" && view.restarts >= 2);
  const degraded = answer["up"] === true || failed;
  const state = answer["stopping"] === true ? "stopping" : ready ? "running" : degraded ? "degraded" : "starting";
  const clock = settings?.virtual && state === "running" ? ((await askWorld(paths, { type: "show" })) as unknown as ClockView) : undefined;
  return { name, ...known, ...(clock ? { clock } : {}), ...total(state, parts) };
}

function total(state: ClusterStatus["state"], parts: readonly PartStatus[]): Pick<ClusterStatus, "state" | "memoryBytes" | "parts"> {
  return { state, memoryBytes: parts.reduce((sum, part) => sum + (part.memoryBytes ?? 0), 0), parts };
}

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? "" : `${(bytes / 1e6).toFixed(0)} MB`);

const userWord = (user: number | undefined): string => (user === undefined ? "" : user === 0 ? "root" : String(user));

/** Columns as kubectl prints them: three spaces between, no boxes. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)));
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]! + 3)))
      .join("")
      .trimEnd(),
  );
}

export async function status(io: Io, options: StatusOptions): Promise<number> {
  const found = await clusterStatus(io, options.name);
  if (options.output === "json") {
    io.out(JSON.stringify(found, null, 2));
    return exitCodes.done;
  }
  if (found.state === "absent") {
    io.out(`no cluster "${options.name}"; ${command("up", options.name)} makes one`);
    return exitCodes.done;
  }
  io.out(
    `cluster "${found.name}": ${found.state}${found.server ? `, ${found.server}` : ""}${found.runtime ? `, ${found.runtime} runtime` : ""}`,
  );
  if (found.store) io.out(`its data lies in the store at ${found.store.join(", ")}`);
  if (found.clock) io.out(`its time: ${clockText(found.clock)}`);
  if (found.state === "unsupervised")
    io.out(`nobody looks after it: ${command("up", options.name)} adopts what runs, ${command("down", options.name)} ends it`);
  if (found.keepsRoot !== undefined) io.out(`the parts that serve keep root: ${found.keepsRoot}`);
  if (found.parts.length === 0) return exitCodes.done;
  const rows = found.parts.map((part) => [
    part.name,
    part.phase,
    String(part.pid ?? ""),
    megabytes(part.memoryBytes),
    String(part.restarts),
    userWord(part.user),
    part.lastExit ?? "",
  ]);
  for (const line of columns([["PART", "STATE", "PID", "MEMORY", "RESTARTS", "USER", "LAST EXIT"], ...rows])) io.out(line);
  const paths = statePaths(dhowHome(io.env), options.name);
  for (const part of found.state === "degraded" ? found.parts.filter(({ phase }) => phase !== "ready") : [])
    for (const line of [...lastLines(paths, part.name, 1), `log: ${paths.logs}/${part.name}.log`]) io.out(`${part.name}: ${line}`);
  // Where there is no /proc, nobody knows.
  if (found.memoryBytes > 0) io.out(`memory in all: ${megabytes(found.memoryBytes)} (shared pages counted once)`);
  return exitCodes.done;
}
