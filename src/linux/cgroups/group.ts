// One container's control group in every hierarchy of the machine: version 1, version 2 and both at once behind one face.
// Invariant: what is made is made in all hierarchies, so that whoever reads one of them finds the container; removing takes what is below too.
// Called by: runtime/. Next on the way: stats.ts, what a group says about itself.

import { existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Syscalls } from "../sys/syscalls.ts";
import { deviceFilter } from "./device-filter.ts";
import { groupFolder, type Hierarchy, hierarchies } from "./layout.ts";
import type { CgroupResources, CgroupWrite, DeviceRule } from "./resources.ts";
import { writesV1 } from "./v1.ts";
import { ioWeight, writesV2 } from "./v2.ts";

export interface GroupPlace extends Hierarchy {
  readonly folder: string;
}

/** The machine's hierarchies, as the process sees them that reads. */
export function machineHierarchies(read = (path: string): string => readFileSync(path, "utf8")): readonly Hierarchy[] {
  return hierarchies(read("/proc/self/mountinfo"), read("/proc/self/cgroup"), (mountPoint) => read(join(mountPoint, "cgroup.controllers")));
}

/** Version 2 alone: its files rule. With a version 1 beside it, it only holds processes. */
export function isUnified(list: readonly Hierarchy[]): boolean {
  return list.length > 0 && list.every(({ version }) => version === 2);
}

export class CgroupGroup {
  readonly places: readonly GroupPlace[];
  readonly unified: boolean;

  constructor(list: readonly Hierarchy[], path: string) {
    this.places = list.map((hierarchy) => ({ ...hierarchy, folder: groupFolder(hierarchy, path) }));
    this.unified = isUnified(list);
  }

  /** Controller → folder, with "" for version 2. */
  folders(): Record<string, string> {
    return Object.fromEntries(
      this.places.flatMap(({ version, controllers, folder }) =>
        version === 2 ? [["", folder]] : controllers.map((name) => [name, folder]),
      ),
    ) as Record<string, string>;
  }

  exists(): boolean {
    return this.places.some(({ folder }) => existsSync(folder));
  }

  create(): void {
    for (const place of this.places) {
      if (place.version === 2 && this.unified) enableControllers(place);
      mkdirSync(place.folder, { recursive: true });
      if (place.controllers.includes("cpuset") && place.version === 1) inheritCpuset(place.mountPoint, place.folder);
    }
  }

  /** Files a process writes its pid (or 0 for itself) to, to join. */
  doors(): readonly string[] {
    return this.places.map(({ folder }) => join(folder, "cgroup.procs"));
  }

  apply(resources: CgroupResources, syscalls: Syscalls): void {
    if (this.unified) {
      for (const write of writesV2(resources)) this.#write(write, "");
      if (resources.devices) attachDeviceFilter(this.places[0]!.folder, resources.devices, syscalls);
    } else {
      const writes = writesV1(resources);
      for (const [index, write] of writes.entries()) this.#writeV1(write, writes, index);
    }
  }

  /** Raising memory and swap together: swap must go first; lowering: memory. The kernel says which. */
  #writeV1(write: CgroupWrite, all: readonly CgroupWrite[], index: number): void {
    const swap = all[index + 1];
    try {
      this.#write(write, write.controller);
    } catch (error) {
      if (write.file !== "memory.limit_in_bytes" || swap?.file !== "memory.memsw.limit_in_bytes") throw error;
      this.#write(swap, swap.controller);
      this.#write(write, write.controller);
    }
  }

  #write({ file, value }: CgroupWrite, controller: string): void {
    const place = controller === "" ? this.places[0] : this.places.find(({ controllers }) => controllers.includes(controller));
    if (!place) throw new Error(`cannot set ${file}: the controller ${controller} is not mounted`);
    const [name, text] = existingFile(place.folder, file, value);
    try {
      writeFileSync(join(place.folder, name), text);
    } catch (error) {
      throw new Error(`failed to write ${JSON.stringify(text)} to ${name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  /** All processes of the group and below. */
  pids(): number[] {
    const found = new Set<number>();
    for (const { folder } of this.places) for (const pid of pidsBelow(folder)) found.add(pid);
    return [...found].toSorted((a, b) => a - b);
  }

  #freezer(): { file: string; words: readonly [frozen: string, thawed: string]; state: () => boolean } | undefined {
    const place = this.unified ? this.places[0] : this.places.find(({ controllers }) => controllers.includes("freezer"));
    if (!place) return undefined;
    const read = (name: string): string => readFileSync(join(place.folder, name), "utf8");
    return place.version === 2
      ? { file: join(place.folder, "cgroup.freeze"), words: ["1", "0"], state: () => /^frozen 1$/mu.test(read("cgroup.events")) }
      : { file: join(place.folder, "freezer.state"), words: ["FROZEN", "THAWED"], state: () => read("freezer.state").trim() === "FROZEN" };
  }

  /** Freezing takes the kernel a moment: `wait` is called between looks, and a bound ends it. */
  freeze(frozen: boolean, wait: () => void): void {
    const freezer = this.#freezer();
    if (!freezer) throw new Error("the freezer is not mounted");
    for (let attempt = 0; attempt < 1000; attempt++) {
      writeFileSync(freezer.file, freezer.words[frozen ? 0 : 1]);
      if (freezer.state() === frozen) return;
      wait();
    }
    if (frozen) writeFileSync(freezer.file, freezer.words[1]);
    throw new Error(`unable to ${frozen ? "freeze" : "thaw"}`);
  }

  frozen(): boolean {
    try {
      return this.#freezer()?.state() ?? false;
    } catch {
      return false;
    }
  }

  /** Removes the group and what processes of the container made below it. A busy one is tried again, up to a bound. */
  remove(wait: () => void): void {
    for (const { folder } of this.places) removeFolder(folder, wait);
  }
}

function pidsBelow(folder: string): number[] {
  const pids: number[] = [];
  try {
    for (const line of readFileSync(join(folder, "cgroup.procs"), "latin1").split("\n")) if (line !== "") pids.push(Number(line));
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) pids.push(...pidsBelow(join(folder, entry.name)));
  } catch {
    // The group is gone.
  }
  return pids;
}

/** Some kernels name the weight files otherwise. */
function existingFile(folder: string, file: string, value: string): readonly [string, string] {
  if (existsSync(join(folder, file)) || !file.includes(".bfq.weight")) return [file, value];
  const plain = file.replace(".bfq", "");
  return [plain, plain === "io.weight" && /^\d+$/u.test(value) ? `${ioWeight(Number(value))}` : value];
}

/** In version 2 a controller works in a group only if all groups above hand it down. */
function enableControllers({ mountPoint, folder }: GroupPlace): void {
  const above: string[] = [];
  for (let at = dirname(folder); at.startsWith(mountPoint); at = dirname(at)) above.unshift(at);
  for (const parent of above) {
    mkdirSync(parent, { recursive: true });
    const list = readFileSync(join(parent, "cgroup.controllers"), "utf8").trim().split(/\s+/u).filter(Boolean);
    for (const controller of list) {
      try {
        writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        // Not to be handed down from here, such as a group that has processes; setting a value will say so.
      }
    }
  }
}

/** In version 1 a new cpuset is empty and takes no process until it has processors and memory. */
function inheritCpuset(mountPoint: string, folder: string): void {
  if (folder === mountPoint) return;
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readFileSync(join(folder, file), "utf8").trim() !== "") continue;
    inheritCpuset(mountPoint, dirname(folder));
    writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file), "utf8").trim());
  }
}

function attachDeviceFilter(folder: string, rules: readonly DeviceRule[], syscalls: Syscalls): void {
  const group = openSync(folder, "r");
  try {
    const program = syscalls.bpfLoadDevice(deviceFilter(rules));
    syscalls.bpfAttachDevice(group, program);
    syscalls.close(program);
  } finally {
    closeSync(group);
  }
}

function removeFolder(folder: string, wait: () => void): void {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" && code !== "ENOTEMPTY") throw error;
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) removeFolder(join(folder, entry.name), wait);
      if (attempt === 500) throw error;
      if (attempt > 0) wait();
    }
  }
}
