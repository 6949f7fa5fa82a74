// What a container sees of its pod's volumes, plus the three files every container gets: hosts, termination log.
// Invariant: pure but for `subPath`; a sub path can never leave its volume.
// Called by: pods/actions.ts. Next on the way: config.ts.

import { normalize } from "node:path/posix";
import type { Container } from "#api";
import type { Mount } from "#cri";
import type { PodVolumes } from "../volumes/contract.ts";
import { expand } from "./expand.ts";

export interface MountInput {
  readonly container: Container;
  readonly volumes: PodVolumes;
  readonly environment: ReadonlyMap<string, string>;
  readonly hostsFile: string | undefined;
  readonly terminationLog: string | undefined;
  /** Makes a sub path's folder where it is missing, and says what it really is. */
  readonly subPath: (volumePath: string, hostPath: string) => string;
}

const propagations: Readonly<Record<string, NonNullable<Mount["propagation"]>>> = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
};

function below(path: string, subPath: string): string {
  const inner = normalize(subPath);
  if (inner === ".." || inner.startsWith("../") || inner.startsWith("/")) throw new Error(`subPath ${subPath} leaves its volume`);
  return inner === "." ? path : `${path}/${inner}`;
}

export function containerMounts(input: MountInput): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const mount of input.container.volumeMounts ?? []) {
    const path = input.volumes.paths.get(mount.name);
    if (path === undefined) throw new Error(`container ${input.container.name} mounts volume "${mount.name}", which the pod does not have`);
    if (mount.recursiveReadOnly === "Enabled")
      throw new Error(`volume "${mount.name}" requested recursive read-only mode, but it is not supported by the runtime`);
    const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, input.environment);
    const wanted = subPath === undefined || subPath === "" ? path : below(path, subPath);
    const hostPath = wanted === path ? path : input.subPath(path, wanted);
    mounts.push({
      containerPath: mount.mountPath,
      hostPath,
      // What the API server holds is not a container's to change.
      readonly: (mount.readOnly ?? false) || (input.volumes.readOnly?.has(mount.name) ?? false),
      propagation: propagations[mount.mountPropagation ?? "None"] ?? "PROPAGATION_PRIVATE",
    });
  }
  const taken = (path: string): boolean => mounts.some((mount) => mount.containerPath === path);
  if (input.hostsFile !== undefined && !taken("/etc/hosts")) mounts.push({ containerPath: "/etc/hosts", hostPath: input.hostsFile });
  const log = input.container.terminationMessagePath ?? "/dev/termination-log";
  if (input.terminationLog !== undefined && log !== "") mounts.push({ containerPath: log, hostPath: input.terminationLog });
  return mounts;
}
