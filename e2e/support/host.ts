// The machine as a test finds it and must leave it: processes, mounts, interfaces, packet filters, cgroups, network namespaces.
// Invariant: reads only; two pictures of an untouched machine are equal.
// Called by: e2e files that start real containers. Next on the way: commands.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./commands.ts";

export interface HostPicture {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly packetFilters: readonly string[];
  readonly cgroups: readonly string[];
  readonly networkNamespaces: readonly string[];
}

/** Command lines of all processes that look like parts of a cluster. */
function processes(pattern: RegExp): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return pattern.test(line) ? [line] : [];
      } catch {
        return []; // Gone between the listing and the reading.
      }
    })
    .toSorted();
}

function cgroupFolders(): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory() || depth === 0) continue;
      const path = join(folder, entry.name);
      if (/kubepods|dhow|k8s\.io|\/pod[0-9a-f-]{36}/.test(path)) found.push(path);
      walk(path, depth - 1);
    }
  };
  walk("/sys/fs/cgroup", 5);
  return found.toSorted();
}

async function lines(program: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await run(program, args);
  return stdout.split("\n").filter((line) => line.trim() !== "");
}

/** `mark`: what the cluster's own processes have in their command line, usually its home folder. */
export async function picture(mark: string): Promise<HostPicture> {
  const ours = new RegExp(`${mark.replaceAll(/[^\w/-]/g, ".")}|containerd-shim|/pause`);
  const links = await lines("ip", "-o", "link");
  const filters = await lines("iptables-save");
  return {
    processes: processes(ours),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((path) => path !== "")
      .toSorted(),
    interfaces: links.map((line) => line.split(": ")[1]?.split("@")[0] ?? "").toSorted(),
    packetFilters: filters.filter((line) => /^-A|^:CNI|^:DHOW/.test(line)).toSorted(),
    cgroups: cgroupFolders(),
    networkNamespaces: (await lines("ip", "netns", "list")).toSorted(),
  };
}
