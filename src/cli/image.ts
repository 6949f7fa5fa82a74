// `dhow image load` and `dhow image list`: archives into the cluster's containerd, and what it has.
// Invariant: speaks to the cluster's own containerd, or to the runtime that --cri named at `up`; never to any other.
// Called by: program.ts. Next on the way: image/load.ts, containerd's own importer; cri/ for the list.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type ClusterSettings, dhowHome, imageTarget, readSettings, stateExists, type StatePaths, statePaths } from "#compose";
import { noSpans, systemPrng } from "#lib";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { columns } from "./status.ts";

interface ImageOptions {
  readonly name: string;
  readonly output?: "json";
}

function clusterOf(io: Io, name: string): { readonly paths: StatePaths; readonly settings: ClusterSettings } {
  const paths = statePaths(dhowHome(io.env), name);
  const settings = stateExists(paths) ? readSettings(paths) : undefined;
  if (!settings) throw new CliError(`no cluster "${paths.name}"; ${command("up", paths.name)} makes one`);
  return { paths, settings };
}

const everyImage = "simulated nodes have every image already";

async function runtimeOf(paths: StatePaths, settings: ClusterSettings): Promise<{ socket: string; snapshotter: string }> {
  const target = await imageTarget(paths, settings);
  if (!existsSync(target.socket))
    throw new CliError(`containerd of cluster "${paths.name}" is not running; ${command("up", paths.name)} starts it`);
  return target;
}

export async function imageLoad(io: Io, ...given: unknown[]): Promise<number> {
  const [options, file] = given as [ImageOptions & { readonly sandbox?: boolean }, string | undefined];
  const { paths, settings } = clusterOf(io, options.name);
  if (options.sandbox === true) return loadSandbox(io, paths, settings);
  if (file === undefined) throw new CliError("which archive? `dhow image load FILE`", exitCodes.wrongUse);
  const archive = resolve(file);
  if (!existsSync(archive)) throw new CliError(`${archive} does not exist`);
  const json = options.output === "json";
  if (settings.runtime === "simulated") {
    io.out(json ? JSON.stringify({ loaded: [] }) : everyImage);
    return exitCodes.done;
  }
  const { socket, snapshotter } = await runtimeOf(paths, settings);
  const { loadImage } = await import("#image");
  const names = await loadImage(archive, { socket, snapshotter });
  if (json) io.out(JSON.stringify({ loaded: names }));
  else for (const name of names) io.out(`loaded ${name}`);
  return exitCodes.done;
}

/** Our own pause image under the name that a runtime of somebody else asks for: on request only, it is their runtime. */
async function loadSandbox(io: Io, paths: StatePaths, settings: ClusterSettings): Promise<number> {
  if (settings.cri === undefined)
    throw new CliError("the cluster's own containerd has its sandbox image; --sandbox is for a runtime given by --cri", exitCodes.wrongUse);
  const { socket } = await runtimeOf(paths, settings);
  const [{ describeRuntime }, image] = await Promise.all([import("#cri"), import("#image")]);
  const { sandboxImage, sandboxImagePresent, snapshotter } = await describeRuntime(socket, io.clock);
  if (sandboxImage === undefined) throw new CliError("the runtime does not say which image it wants for a sandbox");
  if (sandboxImagePresent === true) {
    io.out(`${sandboxImage} is there already`);
    return exitCodes.done;
  }
  const folder = mkdtempSync(join(tmpdir(), "dhow-pause-"));
  try {
    const archive = join(folder, "pause.tar");
    writeFileSync(archive, image.pauseArchive(process.arch === "arm64" ? "arm64" : "amd64"));
    await image.loadImage(archive, { socket, ...(snapshotter === undefined ? {} : { snapshotter }) });
    await image.renameImage(image.pauseReference, sandboxImage, { socket });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  io.out(`loaded ${sandboxImage} (dhow's own pause program under that name)`);
  return exitCodes.done;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

export async function imageList(io: Io, options: ImageOptions): Promise<number> {
  const { paths, settings } = clusterOf(io, options.name);
  if (settings.runtime === "simulated") {
    io.out(options.output === "json" ? JSON.stringify({ images: [] }) : everyImage);
    return exitCodes.done;
  }
  const { socket } = await runtimeOf(paths, settings);
  const { connectCri } = await import("#cri");
  const cri = await connectCri(socket, { clock: io.clock, prng: systemPrng(), spans: noSpans });
  try {
    const images = (await cri.listImages())
      .map(({ id, repoTags, repoDigests, size }) => ({ names: [...repoTags], digests: [...repoDigests], id, sizeBytes: Number(size) }))
      .toSorted((a, b) => ((a.names[0] ?? a.id) < (b.names[0] ?? b.id) ? -1 : 1));
    if (options.output === "json") {
      io.out(JSON.stringify({ images }, null, 2));
      return exitCodes.done;
    }
    const rows = images.flatMap(({ names, id, sizeBytes }) =>
      (names.length > 0 ? names : ["<none>"]).map((name) => [name, id.replace(/^sha256:/, "").slice(0, 12), megabytes(sizeBytes)]),
    );
    for (const line of columns([["IMAGE", "ID", "SIZE"], ...rows])) io.out(line);
    return exitCodes.done;
  } finally {
    cri.close();
  }
}
