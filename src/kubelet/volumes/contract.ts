// Volumes as the pod workers see them: made before the first container starts, gone after the last has ended.
// Invariant: setUp is idempotent; what it cannot provide it refuses by the volume's name and kind.
// Implemented by: host.ts (a real node) and simulated.ts. Called by: pods/actions.ts. Next on the way: containers/mounts.ts.

import type { Pod } from "#api";

export interface PodVolumes {
  /** Volumes that no container may write to. */
  readonly readOnly?: ReadonlySet<string>;
  /** Host path per volume name. */
  readonly paths: ReadonlyMap<string, string>;
}

export interface Volumes {
  setUp(pod: Pod, signal?: AbortSignal): Promise<PodVolumes>;
  /** Hears of every pod whose volumes are to be set up again, because something that they hold has changed. */
  onChange?(listener: (uid: string) => void): void;
  /** The folder or file of a sub path of a volume, made where it is missing; never outside the volume. */
  subPath(volumePath: string, hostPath: string): string;
  /** An empty file for a container's termination message; undefined where there is no disk. */
  terminationLog(uid: string, container: string, attempt: number): string | undefined;
  readTerminationLog(uid: string, container: string, attempt: number): string;
  /** The hosts file of a pod; undefined where there is no disk. */
  hostsFile(pod: Pod, podIps: readonly string[]): string | undefined;
  tearDown(uid: string): Promise<void>;
  /** Stops watching; touches no file. */
  close?(): void;
}

/** A volume that cannot be set up, in the words `describe` shows. */
export class VolumeError extends Error {
  override name = "VolumeError";
  constructor(volume: string, why: string) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${why}`);
  }
}
