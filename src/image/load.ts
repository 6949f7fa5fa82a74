// Loads an OCI (or docker-save) archive into a containerd, through containerd's own importer.
// Invariant: the images land in the namespace CRI looks into; what was loaded is said by name.
// Called by: `dhow image load`, compose/ for the sandbox image. Next on the way: containerd tells its CRI part by an event.

import { closeSync, createReadStream, createWriteStream, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { run } from "#linux";

export interface LoadOptions {
  /** The socket of the containerd that is to have the image. */
  readonly socket: string;
  readonly snapshotter?: string;
  readonly timeoutMs?: number;
  /** Also images that the archive does not name: by what they are. */
  readonly nameless?: boolean;
}

/** "unpacking NAME (sha256:…)...done" is how ctr reports each image. */
export function loadedNames(output: string): readonly string[] {
  return [...output.matchAll(/^unpacking (\S+) \(/gm)].map((match) => match[1]!);
}

/** What containerd's importer calls an image whose archive does not name it. */
export function namelessImage(name: string): boolean {
  return /^import-\d{4}-\d{2}-\d{2}[@:]/.test(name);
}

/** `undefined`: the name goes, and with it, in containerd's own time, the image. */
export async function renameImage(from: string, to: string | undefined, options: LoadOptions): Promise<void> {
  const images = ["--address", options.socket, "--namespace", "k8s.io", "images"];
  if (to !== undefined) await run("ctr", [...images, "tag", "--force", from, to]);
  if (from !== to) await run("ctr", [...images, "rm", from]);
}

const compressions: readonly (readonly [magic: string, decompress: () => Transform])[] = [
  ["1f8b", createGunzip],
  ["28b52ffd", createZstdDecompress],
];

/** Runs with the path of the archive as plain tar; what was compressed is unpacked beside, for that long. */
async function asTar<Result>(file: string, use: (path: string) => Promise<Result>): Promise<Result> {
  const head = Buffer.alloc(4);
  const opened = openSync(file, "r");
  readSync(opened, head, 0, head.length, 0);
  closeSync(opened);
  const found = compressions.find(([magic]) => head.toString("hex").startsWith(magic));
  if (!found) return use(file);
  const folder = mkdtempSync(join(tmpdir(), "dhow-image-"));
  try {
    const path = join(folder, "archive.tar");
    await pipeline(createReadStream(file), found[1](), createWriteStream(path));
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function loadImage(file: string, options: LoadOptions): Promise<readonly string[]> {
  const snapshotter = options.snapshotter === undefined ? [] : ["--snapshotter", options.snapshotter];
  const nameless = options.nameless === true ? ["--digests"] : [];
  const args = ["--address", options.socket, "--namespace", "k8s.io", "images", "import", ...nameless, ...snapshotter];
  return asTar(file, async (path) => loadedNames(await run("ctr", [...args, path], { timeoutMs: options.timeoutMs ?? 10 * 60_000 })));
}
