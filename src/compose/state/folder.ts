// Opening the state folder: made on first use, refused when a newer dhow wrote it.
// Invariant: the format number is written first and never lowered; files appear whole or not at all (write aside, then rename).
// Called by: cli/up, cmd/. Next on the way: lock.ts, then pki.ts.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type StatePaths, StateError } from "./paths.ts";

export const stateFormat = 1;

/** A reader sees the old text or the new one, never a part. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const aside = `${path}.${process.pid}.new`;
  writeFileSync(aside, text, { mode });
  renameSync(aside, path);
}

export function openStateFolder(paths: StatePaths): { fresh: boolean } {
  mkdirSync(paths.directory, { recursive: true, mode: 0o700 });
  const fresh = !existsSync(paths.format);
  if (fresh) {
    writeWhole(paths.format, `${stateFormat}\n`, 0o644);
  } else {
    const text = readFileSync(paths.format, "utf8").trim();
    const found = Number(text);
    const owner = statSync(paths.directory).uid;
    // Root would leave files there that its owner cannot open any more.
    if (process.getuid?.() === 0 && owner !== 0)
      throw new StateError(
        `${paths.directory} belongs to user ${owner}, who made this cluster; run dhow as that user, or use another --name`,
      );
    if (!Number.isInteger(found) || found < 1)
      throw new StateError(`${paths.format} says ${JSON.stringify(text)}, which is no format number`);
    if (found > stateFormat)
      throw new StateError(
        `${paths.directory} was written by a newer dhow (format ${found}, this one knows ${stateFormat}); use that one, or another --name`,
      );
  }
  for (const folder of [paths.pki, paths.store, paths.logs, paths.traces, paths.run, paths.nodes, paths.simulated])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Simulated nodes once lay beside the real ones.
  for (const node of readdirSync(paths.nodes))
    if (node.startsWith(`${paths.name}-sim-`)) renameSync(join(paths.nodes, node), join(paths.simulated, node));
  return { fresh };
}

/** True when there is a folder of ours at that place. */
export function stateExists(paths: StatePaths): boolean {
  return existsSync(paths.format);
}

/** Everything of the cluster, data included. */
export function purgeState(paths: StatePaths): void {
  // Without `force`: a file that vanishes under our hands would end the removal in silence.
  if (stateExists(paths)) rmSync(paths.directory, { recursive: true, maxRetries: 3 });
}

/** What `up` was told and what it chose, so that the next `up` brings the same cluster back. */
export interface ClusterSettings {
  readonly port?: number;
  readonly nodes: number;
  readonly simulatedNodes: number;
  readonly runtime: "containerd" | "simulated";
  /** Somebody else's CRI socket instead of a containerd of our own. */
  readonly cri?: string;
  /** The program that our containerd starts containers with, if it is not the runc of the PATH. */
  readonly ociRuntime?: string;
  /** The addresses of all pods on nodes of our own, such as 10.244.0.0/16. */
  readonly podNetwork?: string;
  readonly without: readonly string[];
  /** Somebody else's store instead of our own: its members, and what our keys in it begin with. */
  readonly store?: { readonly servers: readonly string[]; readonly prefix?: string };
  /** A cluster in virtual time: when its first hour strikes, and the seed of its chance. */
  readonly virtual?: { readonly startMs: number; readonly seed: number };
}

export function readSettings(paths: StatePaths): ClusterSettings | undefined {
  if (!existsSync(paths.settings)) return undefined;
  return JSON.parse(readFileSync(paths.settings, "utf8")) as ClusterSettings;
}

export function writeSettings(paths: StatePaths, settings: ClusterSettings): void {
  writeWhole(paths.settings, `${JSON.stringify(settings, null, 2)}\n`, 0o644);
}
