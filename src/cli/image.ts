// `dhow image load`: an OCI archive into the cluster's containerd.
// Invariant: goes into the cluster's own containerd, or the one that --cri named at `up`; never into any other.
// Called by: program.ts. Next on the way: image/load.ts, containerd's own importer.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { dhowHome, imageTarget, readSettings, stateExists, statePaths } from "#compose";
import { CliError, exitCodes, type Io } from "./io.ts";

export async function imageLoad(io: Io, ...given: unknown[]): Promise<number> {
  const [options, file] = given as [{ readonly name: string }, string];
  const paths = statePaths(dhowHome(io.env), options.name);
  const settings = stateExists(paths) ? readSettings(paths) : undefined;
  if (!settings) throw new CliError(`no cluster "${paths.name}"; \`dhow up\` makes one`);
  const archive = resolve(file);
  if (!existsSync(archive)) throw new CliError(`${archive} does not exist`);
  if (settings.runtime === "simulated") {
    io.out("simulated nodes have every image already");
    return exitCodes.done;
  }
  const { socket, snapshotter } = await imageTarget(paths, settings);
  if (!existsSync(socket)) throw new CliError(`containerd of cluster "${paths.name}" is not running`);
  const { loadImage } = await import("#image");
  const names = await loadImage(archive, { socket, snapshotter });
  for (const name of names) io.out(`loaded ${name}`);
  return exitCodes.done;
}
