// `node group.ts make NAME [memory=10M] [pids=20] [cpu=10]`, `tell NAME`, `end NAME`: control groups below the lab's own one, `node`.
// Invariant: all lie below one group named as the lab's folder, which goes when the lab does; version 1, 2 and both at once look alike.
// Called by: lab.md and the scripts beside it. Next on the way: src/linux/cgroups/group.ts, with which a container's group is made too.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CgroupGroup, type CgroupResources, cgroupStats, machineHierarchies, recordSyscalls } from "#linux";

const [verb, name = "node", ...limits] = process.argv.slice(2);
const top = `/${basename(process.env["DHOW_LAB_WORK"] ?? "")}`;
const group = new CgroupGroup(machineHierarchies(), name === "node" ? top : `${top}/${name}`);
const wait = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
const mib = 1024 ** 2;

function resources(): CgroupResources {
  const asked = Object.fromEntries(limits.map((one) => one.split("=") as [string, string]));
  const memory = Number.parseInt(asked["memory"] ?? "0", 10) * mib;
  // Without this a machine with swap would only become slow.
  const countsSwap = group.places.some(({ folder }) =>
    ["memory.memsw.limit_in_bytes", "memory.swap.max"].some((file) => existsSync(join(folder, file))),
  );
  return {
    ...(memory > 0 ? { memory: { limit: memory, swappiness: 0, ...(countsSwap ? { swap: memory } : {}) } } : {}),
    ...(asked["pids"] === undefined ? {} : { pids: { limit: Number(asked["pids"]) } }),
    ...(asked["cpu"] === undefined ? {} : { cpu: { period: 100_000, quota: Number(asked["cpu"]) * 1000 } }),
  };
}

/** Frozen first: what cannot run cannot start another one while we go through them. */
function end(): void {
  if (!group.exists()) return;
  if (name !== "node" && group.pids().length > 0) {
    group.freeze(true, wait);
    for (const pid of group.pids()) if (pid > 0) process.kill(pid, "SIGKILL");
    group.freeze(false, wait);
  }
  group.remove(wait);
}

function make(): void {
  end();
  group.create();
  // No device rules, so no system call is needed: whoever would make one is only noted.
  group.apply(resources(), recordSyscalls().syscalls);
  mkdirSync("groups", { recursive: true });
  writeFileSync(join("groups", name), `${group.doors().join("\n")}\n`);
  console.log([name, ...(limits.length > 0 ? limits : ["without limits"])].join(" "));
}

function tell(): void {
  const { memory, pids, cpu, oomKills } = cgroupStats(group);
  console.log(`killed for want of memory: ${oomKills}`);
  console.log(`processes: ${pids.current}`);
  console.log(`periods in which it had to stop: ${cpu.throttling.throttledPeriods}`);
  console.log(`most memory, in MiB: ${Math.round(memory.usage.max / mib)}`);
}

if (verb === "make") make();
else if (verb === "end") end();
else tell();
