// Bringing a cluster up, from an open state folder to Ready nodes: keys, supervisor, parts, kubeconfig, the request of its own.
// Invariant: says what it does as steps; a part that fails is named with its log, and what is healthy keeps running.
// Called by: cli/up (in the foreground) and cmd/supervisor.ts (detached). Next on the way: supervisor/shell.ts, then verify.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kubeconfigFor, writeKubeconfig } from "#config";
import type { Clock } from "#lib";
import { clearStrays, clusterParts, type Launcher, nodePart, partArgv, partNames, realNodes, simulatedNodes } from "./cluster.ts";
import { lastLines } from "./last-errors.ts";
import { type ClusterSettings, writeSettings, writeWhole } from "./state/folder.ts";
import { pkiComplete } from "./state/pki.ts";
import type { StatePaths } from "./state/paths.ts";
import type { Message } from "./supervisor/channel.ts";
import { startSupervisor, type Supervisor } from "./supervisor/shell.ts";
import { decideServing } from "./user/decide.ts";
import { root } from "./user/number.ts";
import { keyFiles, settle, sharedFolders } from "./user/settle.ts";

export interface StepEvent {
  readonly type: "step";
  readonly step: string;
  readonly state: "running" | "done" | "failed" | "note";
  readonly ms: number;
  readonly detail?: string;
}

export interface UpResult {
  readonly name: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly nodes: readonly string[];
  readonly runtime: string;
  /** Time stands still until somebody moves it. */
  readonly clock?: "virtual";
  readonly apiReadyMs: number;
  readonly readyMs: number;
}

export interface BringUpOptions {
  readonly home: string;
  readonly paths: StatePaths;
  readonly settings: ClusterSettings;
  readonly launcher: Launcher;
  readonly clock: Clock;
  readonly report: (event: StepEvent) => void;
  readonly timeoutMs?: number;
}

export interface Up {
  readonly supervisor: Supervisor;
  readonly ready: Promise<UpResult>;
}

export class UpFailed extends Error {
  override name = "UpFailed";
  /** There is no API to speak to: nothing is worth keeping. Otherwise what is healthy stays up. */
  readonly fatal: boolean;

  constructor(message: string, fatal: boolean) {
    super(message);
    this.fatal = fatal;
  }
}

export function failureText(paths: StatePaths, part: string, detail: string): string {
  const lines = lastLines(paths, part).map((line) => `  ${line}`);
  return [`${part}: ${detail}`, ...lines, `log: ${join(paths.logs, `${part}.log`)}`].join("\n");
}

/** A control plane that dies this often before it was ever ready will not come. */
const deathsAtStart = 3;

export async function bringUp(options: BringUpOptions): Promise<Up> {
  const { paths, settings, clock, home, launcher } = options;
  const startedMs = clock.monotonicMs();
  const told: Message[] = [];
  let supervisor: Supervisor | undefined;
  const tell = (message: Message): void => {
    // The story of the start, for verbs that come late; restarts of later days are in the log.
    if (told.length < 500) told.push(message);
    supervisor?.tell(message);
  };
  const say = (step: string, state: StepEvent["state"], detail?: string): void => {
    const event: StepEvent = {
      type: "step",
      step,
      state,
      ms: Math.round(clock.monotonicMs() - startedMs),
      ...(detail === undefined ? {} : { detail }),
    };
    options.report(event);
    tell({ ...event });
  };
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const [real, simulated] = [realNodes(paths.name, settings), simulatedNodes(paths.name, settings)];
  const deaths = new Map<string, number>();
  let apiReadyMs = 0;
  let port = settings.port ?? 0;
  let up = false;

  say("keys", "running");
  const made = prepare(options, real);
  made.catch(failed.reject);
  const serving = await decideServing({ home, paths, launcher, port: settings.port });
  if (serving?.kept !== undefined) say("rights", "note", `the parts that serve keep root: ${serving.kept}`);
  const user = serving?.dropping?.user ?? root;
  const prepared = made.then(() => {
    if (serving) settle(keyFiles(paths, user));
    say("keys", "done");
  });
  prepared.catch(failed.reject);
  const stepOf = (part: string): string => (servesApi(part) ? "control plane" : part.startsWith("containerd") ? part : `nodes (${part})`);
  supervisor = await startSupervisor({
    paths,
    clock,
    parts: await clusterParts(home, paths, settings, launcher, clock, serving),
    ...(serving ? { settle: () => settle(sharedFolders(paths, user)) } : {}),
    ...(serving?.dropping ? { group: user.gid } : {}),
    facts: async () => {
      await prepared;
      return { settings };
    },
    describe: () => ({ settings, port, up }),
    history: () => told,
    report: {
      partReady(part, facts) {
        if (servesApi(part) && typeof facts["port"] === "number") {
          port = facts["port"];
          apiReadyMs = Math.round(clock.monotonicMs() - startedMs);
          writeAccess(paths, settings, port);
        }
        say(stepOf(part), "done");
      },
      progress: (part, text) => say(stepOf(part), "note", text),
      restarting(part, detail, inMs) {
        const count = (deaths.get(part) ?? 0) + 1;
        deaths.set(part, count);
        say(stepOf(part), "note", `${detail}; again in ${inMs} ms`);
        if (!up && count >= deathsAtStart)
          failed.reject(new UpFailed(failureText(paths, part, `died ${count} times: ${detail}`), apiReadyMs === 0));
      },
    },
  });
  const running = supervisor;
  void running.finished.then(() => failed.reject(new UpFailed("stopped before it was up", true)));

  say("control plane", "running");
  // By now whatever was left of parts that the cluster has no longer is dead.
  clearStrays(paths, settings, clock).then(
    (removed) => removed.forEach((thing) => say("control plane", "note", `removed ${thing}`)),
    (error: unknown) => say("control plane", "note", error instanceof Error ? error.message : String(error)),
  );

  const succeed = async (): Promise<UpResult> => {
    await prepared;
    await running.ready;
    say("API", "running");
    const { verifyNodes } = await import("./verify.ts");
    const nodes = [...real, ...simulated];
    const server = serverUrl(port);
    const { credentials } = access(paths, server);
    await verifyNodes(credentials, nodes, AbortSignal.timeout(options.timeoutMs ?? 60_000));
    up = true;
    say("API", "done");
    const readyMs = Math.round(clock.monotonicMs() - startedMs);
    const own = settings.virtual ? { clock: "virtual" as const } : {};
    return { name: paths.name, server, kubeconfig: paths.kubeconfig, nodes, runtime: settings.runtime, ...own, apiReadyMs, readyMs };
  };
  const bound = clock.after(options.timeoutMs ?? 60_000, () => {
    const waiting = running.views().filter((view) => view.phase !== "ready");
    const part = waiting[0]?.name ?? nodePart(real[0] ?? "");
    failed.reject(new UpFailed(failureText(paths, part, `not ready within ${(options.timeoutMs ?? 60_000) / 1000} s`), apiReadyMs === 0));
  });
  const ready = Promise.race([succeed(), failed.promise]).finally(() => bound.cancel());
  ready.then(
    (result) => tell({ type: "up", ...result }),
    (error: unknown) =>
      tell({
        type: "failed",
        message: error instanceof Error ? error.message : String(error),
        fatal: !(error instanceof UpFailed) || error.fatal,
      }),
  );
  return { supervisor: running, ready };
}

/** In virtual time the control plane shares a process with its nodes. */
const servesApi = (part: string): boolean => part === partNames.controlPlane || part === partNames.simulation;

export function serverUrl(port: number): string {
  return `https://127.0.0.1:${port}`;
}

/** Keys are made by a process of their own: what signs them is heavy, and needed for a moment only. */
async function prepare({ paths, launcher, home }: BringUpOptions, nodes: readonly string[]): Promise<void> {
  if (pkiComplete(paths, nodes)) return;
  const argv = partArgv(launcher, partNames.keys, home, paths.name, nodes.length > 0 ? ["--node", nodes.join(",")] : []);
  const { spawn } = await import("node:child_process");
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new UpFailed(`keys and certificates could not be made:\n${said}`, true);
}

function access(paths: StatePaths, server: string) {
  const read = (file: string): string => readFileSync(join(paths.pki, file), "utf8");
  return { credentials: { server, ca: read("ca.crt"), cert: read("admin.crt"), key: read("admin.key") } };
}

/** Once the port is known: the admin's kubeconfig, and the settings with which the next `up` brings the same cluster back. */
function writeAccess(paths: StatePaths, settings: ClusterSettings, port: number): void {
  writeWhole(paths.kubeconfig, writeKubeconfig(kubeconfigFor(paths.name, access(paths, serverUrl(port)).credentials)));
  writeSettings(paths, { ...settings, port });
}
