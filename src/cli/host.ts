// This machine as `up` needs it: what is there, what is missing, what is taken; each with what to do about it.
// Invariant: reads only; everything that stands in the way is told at once, and judged from facts by a pure function.
// Called by: preflight.ts, doctor.ts. Next on the way: linux/, which asks the kernel.

import { accessSync, constants, existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { type ClusterSettings, mostRealNodes } from "#compose";
import { availableMemoryBytes, type CgroupFacts, cgroupFacts, freeDiskBytes, hasCapability } from "#linux";

export const cniFolder = "/usr/lib/cni";
export const cniPlugins = ["bridge", "host-local", "portmap", "loopback"] as const;
export const runtimePrograms = ["containerd", "runc", "ctr", "iptables"] as const;

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => isAllowed(path, constants.X_OK));
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Why nobody can listen there, or undefined. */
export function portProblem(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === "EADDRINUSE"
          ? "is taken by another program"
          : error.code === "EACCES"
            ? "is not ours to take"
            : (error.code ?? error.message),
      ),
    );
    probe.listen({ host: "127.0.0.1", port }, () => probe.close(() => resolve(undefined)));
  });
}

export interface HostFacts {
  readonly platform: string;
  readonly root: boolean;
  /** Of `runtimePrograms`. */
  readonly missingPrograms: readonly string[];
  /** Of `cniPlugins`. */
  readonly missingPlugins: readonly string[];
  readonly missingCapabilities: readonly string[];
  readonly cgroups: CgroupFacts;
  readonly memoryBytes: number | undefined;
  readonly diskBytes: number | undefined;
  /** The nearest existing folder above the state, where it cannot be written. */
  readonly readOnlyFolder: string | undefined;
}

function nearestFolder(path: string): string {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}

export function hostFacts(stateFolder: string): HostFacts {
  const linux = process.platform === "linux";
  const folder = nearestFolder(stateFolder);
  return {
    platform: process.platform,
    root: isRoot(),
    missingPrograms: runtimePrograms.filter((name) => findProgram(name) === undefined),
    missingPlugins: cniPlugins.filter((name) => !existsSync(join(cniFolder, name))),
    missingCapabilities: linux ? (["CAP_SYS_ADMIN", "CAP_NET_ADMIN"] as const).filter((name) => !hasCapability(name)) : [],
    cgroups: linux ? cgroupFacts() : { version: "none", controllers: [] },
    memoryBytes: linux ? availableMemoryBytes() : undefined,
    diskBytes: freeDiskBytes(stateFolder),
    readOnlyFolder: isAllowed(folder, constants.W_OK) ? undefined : folder,
  };
}

const megabyte = 1024 * 1024;
export const memoryNeeded = 200 * megabyte;
/** A containerd and an agent. */
const memoryPerNode = 100 * megabyte;
export const diskNeeded = 200 * megabyte;
const packages: Readonly<Record<string, string>> = { containerd: "containerd", ctr: "containerd", runc: "runc", iptables: "iptables" };

export function containerProblems(facts: HostFacts, settings: Pick<ClusterSettings, "nodes" | "cri" | "ociRuntime">): string[] {
  if (facts.platform !== "linux") return ["runtime containerd: needs Linux (--runtime simulated does not)"];
  const problems: string[] = [];
  if (!facts.root) problems.push("runtime containerd: needs root (--runtime simulated does not)");
  else
    for (const name of facts.missingCapabilities)
      problems.push(`runtime containerd: root lacks ${name} here, as in a container without privileges (--runtime simulated needs none)`);
  if (facts.cgroups.version === "none") problems.push("runtime containerd: no control groups are mounted below /sys/fs/cgroup");
  if (settings.nodes > mostRealNodes)
    problems.push(
      `more than ${mostRealNodes} nodes on containerd: there are no more ranges of addresses; use --simulated-nodes for more nodes`,
    );
  if (settings.cri !== undefined) {
    if (settings.nodes > 1)
      problems.push("--cri with more than one node: on one runtime every node would take the others' pods for strays and end them");
    return problems;
  }
  // What another program starts containers with needs no runc.
  for (const name of facts.missingPrograms.filter((one) => one !== "runc" || settings.ociRuntime === undefined))
    problems.push(`runtime containerd: ${name} is not installed (Debian: apt install ${packages[name]})`);
  for (const name of facts.missingPlugins)
    problems.push(`runtime containerd: CNI plugin ${cniFolder}/${name} is missing (Debian: apt install containernetworking-plugins)`);
  return problems;
}

/** What a start with these settings would run into, in the order a person mends it. */
export function hostProblems(facts: HostFacts, settings: ClusterSettings): readonly string[] {
  const { memoryBytes, diskBytes, readOnlyFolder } = facts;
  const room = (bytes: number): string => `${Math.floor(bytes / megabyte)} MiB`;
  const wanted = memoryNeeded + (settings.runtime === "containerd" ? Math.max(settings.nodes - 1, 0) * memoryPerNode : 0);
  return [
    ...(readOnlyFolder === undefined ? [] : [`state folder: ${readOnlyFolder} cannot be written; DHOW_HOME chooses another place`]),
    ...(diskBytes !== undefined && diskBytes < diskNeeded
      ? [`disk: ${room(diskBytes)} free for the state, ${room(diskNeeded)} wanted; DHOW_HOME chooses another place`]
      : []),
    ...(memoryBytes !== undefined && memoryBytes < wanted ? [`memory: ${room(memoryBytes)} available, ${room(wanted)} wanted`] : []),
    ...(settings.runtime === "containerd" && settings.nodes > 0 ? containerProblems(facts, settings) : []),
  ];
}
