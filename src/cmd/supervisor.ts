// The detached supervisor: what `up --detach` leaves running.
// Invariant: tells every listener the steps of the start, and ends when the cluster has been stopped.
// Called by: part.ts. Next on the way: compose/bring-up.ts.

import { join } from "node:path";
import { bringUp, growingFile, type Launcher, openStateFolder, readSettings, type StatePaths, UpFailed } from "#compose";
import { createLog, systemClock } from "#lib";

const logBytes = 16 * 1024 * 1024;

export async function supervise(home: string, paths: StatePaths, launcher: Launcher): Promise<void> {
  const clock = systemClock();
  const file = growingFile(join(paths.logs, "supervisor.log"), logBytes);
  const log = createLog(clock, (line) => file.write(line)).with({ component: "supervisor" });
  process.title = `dhow ${paths.name} supervisor`;
  openStateFolder(paths);
  const settings = readSettings(paths);
  if (!settings) throw new Error(`${paths.settings} is missing`);
  const { supervisor, ready } = await bringUp({
    home,
    paths,
    settings,
    launcher,
    clock,
    report: (event) => log.info(event.step, { ...event }),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => supervisor.stop());
  ready.catch((error: unknown) => {
    log.error("cluster did not come up", { error });
    if (!(error instanceof UpFailed) || error.fatal) supervisor.stop();
  });
  await supervisor.finished;
  process.exit(0);
}
