// `dhow image load` and `dhow image list`: archives into the cluster's containerd, and what it has.
// Invariant: speaks to the cluster's own containerd, or the one that --cri named at `up`; never to any other; nothing is pulled.
// Called by: program.ts. Next on the way: image/load.ts, containerd's own importer; cri/ for the list.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { dhowHome, imageTarget, readSettings, stateExists, statePaths } from "#compose";
import { noSpans, systemPrng } from "#lib";
import { CliError, exitCodes, type Io } from "./io.ts";
import { columns } from "./status.ts";

interface ImageOptions {
  readonly name: string;
  readonly as?: string;
  readonly output?: "json";
}

/** undefined: the cluster's nodes only play containers. */
async function target(io: Io, name: string): Promise<{ readonly socket: string; readonly snapshotter: string } | undefined> {
  const paths = statePaths(dhowHome(io.env), name);
  const settings = stateExists(paths) ? readSettings(paths) : undefined;
  if (!settings) throw new CliError(`no cluster "${paths.name}"; \`dhow up\` makes one`);
  if (settings.runtime === "simulated") return undefined;
  const found = await imageTarget(paths, settings);
  if (!existsSync(found.socket)) throw new CliError(`containerd of cluster "${paths.name}" is not running`);
  return found;
}

const everyImage = "simulated nodes have every image already";

export async function imageLoad(io: Io, ...given: unknown[]): Promise<number> {
  const [options, file] = given as [ImageOptions, string];
  const archive = resolve(file);
  if (!existsSync(archive)) throw new CliError(`${archive} does not exist`);
  const found = await target(io, options.name);
  if (!found) {
    io.out(everyImage);
    return exitCodes.done;
  }
  const { loadImage, namelessImage, renameImage } = await import("#image");
  const names = await loadImage(archive, { ...found, nameless: options.as !== undefined });
  if (names.length === 0) throw new CliError(`${archive} names no image for this machine; where it holds one, --as NAME:TAG names it`);
  const nameless = names.filter(namelessImage);
  if (options.as !== undefined) {
    if (names.length > 1) throw new CliError(`--as names one image, ${archive} holds ${names.length}: ${names.join(", ")}`);
    await renameImage(names[0]!, options.as, found);
    io.out(`loaded ${options.as}`);
    return exitCodes.done;
  }
  for (const name of names) if (!namelessImage(name)) io.out(`loaded ${name}`);
  if (nameless.length === 0) return exitCodes.done;
  for (const name of nameless) await renameImage(name, undefined, found);
  throw new CliError(`${archive} does not say what its image is called; \`dhow image load --as NAME:TAG ${file}\` does`);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export async function imageList(io: Io, ...given: unknown[]): Promise<number> {
  const [options] = given as [ImageOptions];
  const found = await target(io, options.name);
  if (!found) {
    io.out(options.output === "json" ? "[]" : everyImage);
    return exitCodes.done;
  }
  const { connectCri } = await import("#cri");
  const cri = await connectCri(found.socket, { clock: io.clock, prng: systemPrng(), spans: noSpans });
  try {
    const images = [...(await cri.listImages())].map(({ id, repoTags, repoDigests, size }) => ({ id, repoTags, repoDigests, size }));
    if (options.output === "json") {
      io.out(JSON.stringify(images));
      return exitCodes.done;
    }
    const rows = images
      .flatMap(({ id, repoTags, repoDigests, size }) => {
        const names = repoTags.length > 0 ? repoTags : repoDigests;
        return names.map((name) => [name, id.replace(/^sha256:/, "").slice(0, 12), megabytes(size)] as const);
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const line of columns([["IMAGE", "ID", "SIZE"], ...rows])) io.out(line);
    return exitCodes.done;
  } finally {
    cri.close();
  }
}
