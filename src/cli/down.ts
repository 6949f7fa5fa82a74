// `dhow down`: stops the cluster and removes what it made on this machine. Data stays unless --purge.
// Invariant: also after a kill -9 of the supervisor: what the folder names is taken over, then stopped; nothing else is touched.
// Called by: program.ts. Next on the way: compose/supervisor/shell.ts.

import {
  type ClusterSettings,
  clusterParts,
  connectChannel,
  dhowHome,
  lockHolder,
  partRecords,
  type PartView,
  purgeState,
  readSettings,
  readUser,
  type StatePaths,
  startSupervisor,
  stateExists,
  statePaths,
} from "#compose";
import { storeWords } from "./foreign-store.ts";
import { CliError, exitCodes, type Io } from "./io.ts";

export interface DownOptions {
  readonly name: string;
  readonly purge?: boolean;
  readonly output?: "json";
}

interface Stopped {
  readonly parts: readonly string[];
  readonly removed: readonly string[];
}

const stopBoundMs = 120_000;

export async function down(io: Io, options: DownOptions): Promise<number> {
  const home = dhowHome(io.env);
  const paths = statePaths(home, options.name);
  if (!stateExists(paths)) {
    if (options.output === "json") io.out(JSON.stringify({ name: paths.name, stopped: [], removed: [], purged: false }));
    else io.out(`no cluster "${paths.name}" in ${home}: nothing to do`);
    return exitCodes.done;
  }
  const settings = readSettings(paths);
  const stopped = lockHolder(paths)
    ? await askSupervisor(io, paths)
    : settings
      ? await takeOver(io, home, paths, settings)
      : { parts: [], removed: [] };
  if (options.purge === true) purgeState(paths);
  if (options.output === "json") {
    io.out(JSON.stringify({ name: paths.name, stopped: stopped.parts, removed: stopped.removed, purged: options.purge === true }));
    return exitCodes.done;
  }
  for (const part of stopped.parts) io.out(`stopped ${part}`);
  for (const thing of stopped.removed) io.out(`removed ${thing}`);
  if (stopped.parts.length + stopped.removed.length === 0) io.out(`cluster "${paths.name}" was not running`);
  const settingsOnly = settings?.virtual !== undefined || settings?.store !== undefined;
  io.out(
    options.purge === true
      ? `removed ${paths.directory}`
      : `${settingsOnly ? "settings stay" : "data stays"} in ${paths.directory} (--purge removes ${settingsOnly ? "them" : "it"})`,
  );
  const elsewhere = storeWords(settings);
  if (elsewhere !== undefined) io.out(elsewhere);
  return exitCodes.done;
}

async function askSupervisor(io: Io, paths: StatePaths): Promise<Stopped> {
  const end = Promise.withResolvers<Stopped>();
  let parts: readonly string[] = [];
  let stopped: Stopped | undefined;
  const channel = await connectChannel(paths.socket, {
    message(message) {
      if (message.type === "status")
        parts = (message["parts"] as readonly PartView[])
          .filter((part) => part.pid !== undefined)
          .map((part) => `${part.name} (pid ${part.pid})`);
      else if (message.type === "finished") stopped = { parts, removed: message["removed"] as readonly string[] };
    },
    // The connection ends when the supervisor has left the folder for good.
    closed: () =>
      stopped
        ? end.resolve(stopped)
        : end.reject(new CliError("the supervisor ended before it said what it removed; run `dhow down` again")),
  });
  const bound = io.clock.after(
    stopBoundMs,
    () => end.reject(new CliError(`not stopped within ${stopBoundMs / 1000} s; logs: ${paths.logs}`)),
    { hold: true },
  );
  channel.send({ type: "status" });
  channel.send({ type: "stop" });
  try {
    return await end.promise;
  } finally {
    bound.cancel();
    channel.close();
  }
}

/** The supervisor is dead: this process takes its place for as long as stopping takes. */
async function takeOver(io: Io, home: string, paths: StatePaths, settings: ClusterSettings): Promise<Stopped> {
  const records = [...partRecords(paths)].filter(([part]) => part !== "supervisor");
  const { user, kept } = readUser(paths);
  const supervisor = await startSupervisor({
    paths,
    clock: io.clock,
    parts: await clusterParts(home, paths, settings, io.launcher, io.clock),
    facts: () => Promise.resolve({ settings }),
    report: { partReady: () => undefined, progress: (part, text) => io.err(`${part}: ${text}`), restarting: () => undefined },
    spawn: false,
    // Where root was kept, the number is nobody's: it may not even exist here.
    ...(user && kept === undefined ? { group: user.gid } : {}),
  });
  const alive = new Set(supervisor.views().map((view) => view.pid));
  supervisor.stop();
  const removed = await supervisor.finished;
  return { parts: records.filter(([, record]) => alive.has(record.pid)).map(([part, record]) => `${part} (pid ${record.pid})`), removed };
}
