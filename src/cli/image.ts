// `dhow image load` and `dhow image list`: archives into every node's containerd or one node's, and what they have.
// Invariant: speaks to the cluster's own containerds, or to the runtime that --cri named at `up`; never to any other.
// Called by: program.ts. Next on the way: image/load.ts, containerd's own importer; cri/ for the list.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type ClusterSettings,
  dhowHome,
  type ImageTarget,
  imageTargets,
  readSettings,
  stateExists,
  type StatePaths,
  statePaths,
} from "#compose";
import { noSpans, systemPrng } from "#lib";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { columns } from "./status.ts";

interface ImageOptions {
  readonly name: string;
  readonly output?: "json";
  /** Only this node's. */
  readonly node?: string;
}

function clusterOf(io: Io, name: string): { readonly paths: StatePaths; readonly settings: ClusterSettings } {
  const paths = statePaths(dhowHome(io.env), name);
  const settings = stateExists(paths) ? readSettings(paths) : undefined;
  if (!settings) throw new CliError(`no cluster "${paths.name}"; ${command("up", paths.name)} makes one`);
  return { paths, settings };
}

const everyImage = "simulated nodes have every image already";

async function runtimesOf(paths: StatePaths, settings: ClusterSettings, node?: string): Promise<readonly [ImageTarget, ...ImageTarget[]]> {
  const all = await imageTargets(paths, settings);
  const [first, ...others] = node === undefined ? all : all.filter((target) => target.node === node);
  if (!first) {
    const names = all.map((target) => target.node).join(", ");
    throw new CliError(`cluster "${paths.name}" has no node ${JSON.stringify(node)} with a runtime of its own; there are ${names}`);
  }
  for (const { socket } of [first, ...others])
    if (!existsSync(socket))
      throw new CliError(`containerd of cluster "${paths.name}" is not running; ${command("up", paths.name)} starts it`);
  return [first, ...others];
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
  const targets = await runtimesOf(paths, settings, options.node);
  const { loadImage } = await import("#image");
  // Every node has a store of its own; each imports the archive for itself.
  const [names] = await Promise.all(targets.map((target) => loadImage(archive, target)));
  if (json) io.out(JSON.stringify({ loaded: names, nodes: targets.map(({ node }) => node) }));
  else for (const name of names ?? []) io.out(targets.length === 1 ? `loaded ${name}` : `loaded ${name} (${targets.length} nodes)`);
  return exitCodes.done;
}

/** Our own pause image under the name that a runtime of somebody else asks for: on request only, it is their runtime. */
async function loadSandbox(io: Io, paths: StatePaths, settings: ClusterSettings): Promise<number> {
  if (settings.cri === undefined)
    throw new CliError("the cluster's own containerd has its sandbox image; --sandbox is for a runtime given by --cri", exitCodes.wrongUse);
  const [{ socket }] = await runtimesOf(paths, settings);
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

interface FoundImage {
  readonly names: readonly string[];
  readonly digests: readonly string[];
  readonly id: string;
  readonly sizeBytes: number;
}

async function imagesOf(io: Io, { socket }: ImageTarget): Promise<readonly FoundImage[]> {
  const { connectCri } = await import("#cri");
  const cri = await connectCri(socket, { clock: io.clock, prng: systemPrng(), spans: noSpans });
  try {
    const images = await cri.listImages();
    return images.map(({ id, repoTags, repoDigests, size }) => ({
      names: [...repoTags],
      digests: [...repoDigests],
      id,
      sizeBytes: Number(size),
    }));
  } finally {
    cri.close();
  }
}

/** What is the same on several nodes once, with the names of those nodes. */
export function together(found: readonly (readonly [node: string, images: readonly FoundImage[]])[]) {
  const all = new Map<string, FoundImage & { readonly nodes: string[] }>();
  for (const [node, images] of found)
    for (const image of images) {
      const key = JSON.stringify([image.id, image.names]);
      const known = all.get(key) ?? { ...image, nodes: [] };
      known.nodes.push(node);
      all.set(key, known);
    }
  return [...all.values()].toSorted((a, b) => ((a.names[0] ?? a.id) < (b.names[0] ?? b.id) ? -1 : 1));
}

export async function imageList(io: Io, options: ImageOptions): Promise<number> {
  const { paths, settings } = clusterOf(io, options.name);
  if (settings.runtime === "simulated") {
    io.out(options.output === "json" ? JSON.stringify({ images: [] }) : everyImage);
    return exitCodes.done;
  }
  const targets = await runtimesOf(paths, settings, options.node);
  const images = together(await Promise.all(targets.map(async (target) => [target.node, await imagesOf(io, target)] as const)));
  if (options.output === "json") {
    io.out(JSON.stringify({ images }, null, 2));
    return exitCodes.done;
  }
  const several = targets.length > 1;
  const where = (nodes: readonly string[]): string => (nodes.length === targets.length ? "all" : nodes.join(","));
  const rows = images.flatMap(({ names, id, sizeBytes, nodes }) =>
    (names.length > 0 ? names : ["<none>"]).map((name) => [
      name,
      id.replace(/^sha256:/, "").slice(0, 12),
      megabytes(sizeBytes),
      ...(several ? [where(nodes)] : []),
    ]),
  );
  for (const line of columns([["IMAGE", "ID", "SIZE", ...(several ? ["NODES"] : [])], ...rows])) io.out(line);
  return exitCodes.done;
}
