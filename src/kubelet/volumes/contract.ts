// Volumes as the pod workers see them: made before the first container starts, gone after the last has ended.
// Invariant: setUp is idempotent; what it cannot provide it refuses by the volume's name and kind.
// Implemented by: host.ts (a real node) and simulated.ts. Called by: pods/actions.ts. Next on the way: containers/mounts.ts.

import type { Pod } from "#api";

export interface PodVolumes {
  /** Host path per volume name. */
  readonly paths: ReadonlyMap<string, string>;
}

export interface Volumes {
  setUp(pod: Pod, signal?: AbortSignal): Promise<PodVolumes>;
  /** An empty file for a container's termination message; undefined where there is no disk. */
  terminationLog(uid: string, container: string, attempt: number): string | undefined;
  readTerminationLog(uid: string, container: string, attempt: number): string;
  /** The hosts file of a pod; undefined where there is no disk. */
  hostsFile(pod: Pod, podIp: string, hostname: string): string | undefined;
  tearDown(uid: string): Promise<void>;
}

/** A volume that cannot be set up, in the words `describe` shows. */
export class VolumeError extends Error {
  override name = "VolumeError";
  constructor(volume: string, why: string) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${why}`);
  }
}
