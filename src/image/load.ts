// Loads an OCI (or docker-save) archive into a containerd, through containerd's own importer.
// Invariant: the images land in the namespace CRI looks into; what was loaded is said by name.
// Called by: `dhow image load`, compose/ for the sandbox image. Next on the way: containerd tells its CRI part by an event.

import { run } from "#linux";

export interface LoadOptions {
  /** The socket of the containerd that is to have the image. */
  readonly socket: string;
  readonly snapshotter?: string;
  readonly timeoutMs?: number;
}

/** "unpacking NAME (sha256:…)...done" is how ctr reports each image. */
export function loadedNames(output: string): readonly string[] {
  return [...output.matchAll(/^unpacking (\S+) \(/gm)].map((match) => match[1]!);
}

export async function loadImage(file: string, options: LoadOptions): Promise<readonly string[]> {
  const snapshotter = options.snapshotter === undefined ? [] : ["--snapshotter", options.snapshotter];
  const args = ["--address", options.socket, "--namespace", "k8s.io", "images", "import", ...snapshotter, file];
  return loadedNames(await run("ctr", args, { timeoutMs: options.timeoutMs ?? 10 * 60_000 }));
}
