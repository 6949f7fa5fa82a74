// What a group says about itself, in the form of `events --stats`: processor time, memory, processes, disk.
// Invariant: numbers as the kernel gives them; what a machine does not count is 0, never guessed.
// Called by: runtime/'s events. Next on the way: group.ts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CgroupGroup } from "./group.ts";

export interface CgroupStats {
  readonly cpu: {
    readonly usage: { readonly total: number; readonly percpu?: readonly number[]; readonly kernel: number; readonly user: number };
    readonly throttling: { readonly periods: number; readonly throttledPeriods: number; readonly throttledTime: number };
  };
  readonly memory: {
    readonly cache: number;
    readonly usage: { readonly limit: number; readonly usage: number; readonly max: number; readonly failcnt: number };
    readonly raw: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number; readonly limit: number };
  /** How often the kernel ended a process for want of memory. */
  readonly oomKills: number;
}

/** Clock ticks of cpuacct.stat are hundredths of a second. */
const tickNs = 10_000_000;

type Read = (file: string) => string;

function table(text: string): Record<string, number> {
  const rows = text.split("\n").map((line) => line.split(/[\s:]+/u));
  return Object.fromEntries(rows.filter(([key]) => key !== "").map(([key, value]) => [key, Number(value)]));
}

const number = (text: string): number => (text.trim() === "max" ? 0 : Number(text.trim() || 0));

function statsV1(of: (controller: string) => Read): CgroupStats {
  const [cpu, account, memory, pids] = [of("cpu"), of("cpuacct"), of("memory"), of("pids")];
  const ticks = table(account("cpuacct.stat"));
  const throttled = table(cpu("cpu.stat"));
  const raw = table(memory("memory.stat"));
  return {
    cpu: {
      usage: {
        total: number(account("cpuacct.usage")),
        percpu: account("cpuacct.usage_percpu").trim().split(/\s+/u).filter(Boolean).map(Number),
        kernel: (ticks["system"] ?? 0) * tickNs,
        user: (ticks["user"] ?? 0) * tickNs,
      },
      throttling: {
        periods: throttled["nr_periods"] ?? 0,
        throttledPeriods: throttled["nr_throttled"] ?? 0,
        throttledTime: throttled["throttled_time"] ?? 0,
      },
    },
    memory: {
      cache: raw["cache"] ?? 0,
      usage: {
        limit: number(memory("memory.limit_in_bytes")),
        usage: number(memory("memory.usage_in_bytes")),
        max: number(memory("memory.max_usage_in_bytes")),
        failcnt: number(memory("memory.failcnt")),
      },
      raw,
    },
    pids: { current: number(pids("pids.current")), limit: number(pids("pids.max")) },
    oomKills: table(memory("memory.oom_control"))["oom_kill"] ?? 0,
  };
}

function statsV2(read: Read): CgroupStats {
  const cpu = table(read("cpu.stat"));
  const raw = table(read("memory.stat"));
  const events = table(read("memory.events"));
  return {
    cpu: {
      usage: { total: (cpu["usage_usec"] ?? 0) * 1000, kernel: (cpu["system_usec"] ?? 0) * 1000, user: (cpu["user_usec"] ?? 0) * 1000 },
      throttling: {
        periods: cpu["nr_periods"] ?? 0,
        throttledPeriods: cpu["nr_throttled"] ?? 0,
        throttledTime: (cpu["throttled_usec"] ?? 0) * 1000,
      },
    },
    memory: {
      cache: raw["file"] ?? 0,
      usage: {
        limit: number(read("memory.max")),
        usage: number(read("memory.current")),
        max: number(read("memory.peak")),
        failcnt: events["max"] ?? 0,
      },
      raw,
    },
    pids: { current: number(read("pids.current")), limit: number(read("pids.max")) },
    oomKills: events["oom_kill"] ?? 0,
  };
}

export function cgroupStats(group: CgroupGroup): CgroupStats {
  const reader =
    (folder: string | undefined): Read =>
    (file) => {
      try {
        return folder === undefined ? "" : readFileSync(join(folder, file), "utf8");
      } catch {
        return "";
      }
    };
  if (group.unified) return statsV2(reader(group.places[0]?.folder));
  return statsV1((controller) => reader(group.places.find(({ controllers }) => controllers.includes(controller))?.folder));
}
