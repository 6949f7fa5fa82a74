// `dhow up`: a cluster, Ready, in the foreground or left running.
// Invariant: no questions; a second `up` finds the first; whatever would prevent a start is listed at once, before anything is made.
// Called by: program.ts. Next on the way: compose/bring-up.ts.

import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import {
  bringUp,
  type Channel,
  type ClusterSettings,
  connectChannel,
  dhowHome,
  keepConnected,
  leanEnv,
  lockHolder,
  nodePlaces,
  openLog,
  openStateFolder,
  ownContainerd,
  partArgv,
  partNames,
  readSettings,
  type StatePaths,
  type StepEvent,
  simulatedNodes,
  statePaths,
  UpFailed,
  type UpResult,
  writeSettings,
} from "#compose";
import { routes } from "#linux";
import { instantText } from "./clock.ts";
import { askStore, keepStoreTls, storeProblems } from "./foreign-store.ts";
import { hostFacts } from "./host.ts";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { choosePodRange, takenPodNetworks } from "./pod-range.ts";
import { askRuntime, chooseSettings, clockProblems, preflight, type UpOptions, withFreePort } from "./preflight.ts";
import { plainReporter, type Reporter, silentReporter, tickingReporter } from "./report.ts";

export async function up(io: Io, options: UpOptions): Promise<number> {
  const home = dhowHome(io.env);
  const paths = statePaths(home, options.name);
  if (lockHolder(paths)) return attach(io, paths, options);
  const previous = readSettings(paths);
  const facts = hostFacts(paths.directory);
  const { settings: chosen, words } = await withFreePort(
    chooseSettings(options, previous, io.clock.nowMs(), () => facts),
    options,
    paths,
  );
  const range = choosePodRange(options, chosen, previous, routes(), takenPodNetworks(home, options.name));
  const settings = range.podNetwork === undefined ? chosen : { ...chosen, podNetwork: range.podNetwork };
  const found = [
    ...clockProblems(options, previous),
    ...storeProblems(options, previous, settings.virtual !== undefined),
    ...(await preflight(options, settings, facts)),
    ...range.problems,
  ];
  if (found.length === 0) found.push(...(await askStore(paths, options, settings, io.clock)));
  const foreign = settings.cri !== undefined && settings.nodes > 0 && found.length === 0;
  const { problems, words: told } = foreign ? await askRuntime(settings.cri, io.clock, options.name) : { problems: found, words: [] };
  if (problems.length > 0) throw new CliError(`cannot start:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
  openStateFolder(paths);
  keepStoreTls(paths, options);
  if (options.quiet !== true) for (const line of [...words, ...range.words, ...told]) io.err(line);
  const reporter = await reporterFor(io, options, paths, settings);
  if (options.detach === true) return detached(io, home, paths, settings, options, reporter);
  return foreground(io, home, paths, settings, options, reporter);
}

async function reporterFor(io: Io, options: UpOptions, paths: StatePaths, settings: ClusterSettings): Promise<Reporter> {
  if (options.quiet === true) return silentReporter();
  if (options.verbose === true) io.err(`logs: ${paths.logs}`);
  // A serial line is a terminal without a width, and a line of it would take a letter.
  const drawable = io.tty && process.stdout.columns > 0;
  if (!drawable || options.output === "json" || options.verbose === true) return plainReporter(io, options.verbose === true);
  const places = nodePlaces(paths, settings);
  return tickingReporter(io, [
    "keys",
    "control plane",
    ...(ownContainerd(settings) ? places.map(({ containerdPart }) => containerdPart) : []),
    ...places.map(({ node }) => `nodes (node-${node})`),
    ...(simulatedNodes(paths.name, settings).length > 0 && !settings.virtual ? [`nodes (${partNames.simulatedNodes})`] : []),
    "API",
  ]);
}

function announce(io: Io, options: UpOptions, result: UpResult, already = false): void {
  if (options.output === "json") return io.out(JSON.stringify({ ...result, already }));
  if (options.quiet === true) return;
  const nodes = `${result.nodes.length} ${result.nodes.length === 1 ? "node" : "nodes"}`;
  const named = options.name === "dhow" ? "" : ` --name ${options.name}`;
  if (already) io.out(`cluster "${result.name}" is already running: ${nodes}, ${result.runtime} runtime`);
  else
    io.out(
      `cluster "${result.name}" is up: API after ${(result.apiReadyMs / 1000).toFixed(1)} s, ${nodes} Ready after ${(result.readyMs / 1000).toFixed(1)} s (${result.runtime} runtime)`,
    );
  io.out("");
  io.out(`  kubectl --kubeconfig ${result.kubeconfig} get nodes`);
  io.out(`  dhow status${named}`);
  if (result.clock === "virtual") io.out(`  dhow clock${named} step 30s      (time stands still until it is moved)`);
  io.out(`  dhow down${named}`);
}

async function foreground(
  io: Io,
  home: string,
  paths: StatePaths,
  settings: ClusterSettings,
  options: UpOptions,
  reporter: Reporter,
): Promise<number> {
  const { supervisor, ready } = await bringUp({
    home,
    paths,
    settings,
    launcher: io.launcher,
    clock: io.clock,
    report: (event) => reporter.step(event),
  });
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts === 1) {
      if (options.quiet !== true) io.err("stopping; once more forces it");
      supervisor.stop();
    } else supervisor.force();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  let failure: Error | undefined;
  try {
    const result = await ready;
    await reporter.end();
    announce(io, options, result);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    await reporter.end(failure);
    if (interrupts === 0) {
      io.err(`dhow: ${failure.message}`);
      if (failure instanceof UpFailed && !failure.fatal) io.err(`${kept(options.name)}; Ctrl-C stops it`);
      else supervisor.stop();
    }
  }
  const removed = await supervisor.finished;
  if (options.quiet !== true) {
    for (const thing of removed) io.err(`removed ${thing}`);
    io.err(`cluster "${paths.name}" is stopped; its ${settings.virtual ? "settings stay" : "data stays"} in ${paths.directory}`);
  }
  process.exitCode = interrupts > 0 ? exitCodes.interrupted : failure ? exitCodes.failed : exitCodes.done;
  return process.exitCode as number;
}

const kept = (name: string): string => `what is healthy keeps running; ${command("status", name)} says what is missing`;

/** Follows a start that another process makes, until it says up or failed. */
function follow(
  channelOf: (message: (message: { readonly type: string; readonly [field: string]: unknown }) => void) => void,
  reporter: Reporter,
  name: string,
): Promise<UpResult> {
  return new Promise((resolve, reject) => {
    channelOf((message) => {
      if (message.type === "step") reporter.step(message as unknown as StepEvent);
      else if (message.type === "up") resolve(message as unknown as UpResult);
      else if (message.type === "failed")
        reject(new CliError(message["fatal"] === false ? `${String(message["message"])}\n${kept(name)}` : String(message["message"])));
      else if (message.type === "finished") reject(new CliError("the cluster was stopped"));
      else if (message.type === "gone") reject(new CliError(String(message["message"])));
    });
  });
}

async function detached(
  io: Io,
  home: string,
  paths: StatePaths,
  settings: ClusterSettings,
  options: UpOptions,
  reporter: Reporter,
): Promise<number> {
  writeSettings(paths, settings);
  const logPath = join(paths.logs, "supervisor.log");
  const log = openLog(logPath);
  const argv = partArgv(io.launcher, partNames.supervisor, home, paths.name);
  const child = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: ["ignore", log, log], env: { ...process.env, ...leanEnv } });
  closeSync(log);
  let connection: { close(): void } | undefined;
  try {
    const result = await follow(
      (message) => {
        child.once("error", (error) => message({ type: "gone", message: error.message }));
        child.once("exit", (code) => message({ type: "gone", message: `the supervisor ended with ${code}\nlog: ${logPath}` }));
        connection = keepConnected(paths.socket, (channel: Channel) => channel.send({ type: "listen" }), message);
      },
      reporter,
      options.name,
    );
    await reporter.end();
    announce(io, options, result);
    return exitCodes.done;
  } catch (error) {
    await reporter.end(error as Error);
    throw error;
  } finally {
    connection?.close();
    child.unref();
  }
}

/** A running cluster keeps its shape: flags that ask for another are refused, not ignored. */
function refuseOtherSettings(paths: StatePaths, options: UpOptions, nowMs: number): void {
  const running = readSettings(paths);
  if (!running) return;
  const { settings: chosen } = chooseSettings(options, running, nowMs, () => hostFacts(paths.directory));
  const settings = options.podNetworkCidr === undefined ? chosen : { ...chosen, podNetwork: options.podNetworkCidr };
  const names = ["nodes", "simulatedNodes", "runtime", "port", "cri", "ociRuntime", "without", "virtual", "store", "podNetwork"] as const;
  const changed = names.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(running[name]));
  const differs = changed.filter((name) => name !== "port" || (options.port ?? 0) !== 0);
  if (differs.length === 0) return;
  const told = (name: (typeof names)[number]): string => {
    const { virtual } = running;
    if (name !== "virtual") return `${name} ${JSON.stringify(running[name])}`;
    return virtual ? `a virtual clock since ${instantText(virtual.startMs)} and seed ${virtual.seed}` : "the machine's time";
  };
  const was = differs.map(told).join(", ");
  throw new CliError(`cluster "${paths.name}" is already running with ${was}; \`dhow down\` it first to change that`);
}

/** Somebody holds the folder: the cluster runs, or is just being started. */
async function attach(io: Io, paths: StatePaths, options: UpOptions): Promise<number> {
  const reporter = silentReporter();
  let channel: Channel | undefined;
  refuseOtherSettings(paths, options, io.clock.nowMs());
  try {
    const result = await follow(
      (message) => {
        connectChannel(paths.socket, { message, closed: () => message({ type: "gone", message: "the supervisor ended" }) }).then(
          (opened) => {
            channel = opened;
            opened.send({ type: "listen" });
          },
          (error: Error) => message({ type: "gone", message: `the supervisor does not answer: ${error.message}` }),
        );
      },
      reporter,
      options.name,
    );
    announce(io, options, result, true);
    return exitCodes.done;
  } finally {
    channel?.close();
  }
}
