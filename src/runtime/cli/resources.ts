// `update` by single options instead of JSON: the limits people change by hand.
// Invariant: each option is one field of `linux.resources`; what is not given stays as it is.
// Called by: cli/commands.ts. Next on the way: update.ts.

import type { CgroupResources } from "#linux";
import { RuntimeError } from "../errors.ts";
import type { OptionTable, Parsed } from "./options.ts";

/** Option → part and field. */
const fields: Readonly<Record<string, readonly [part: "memory" | "cpu" | "pids" | "blockIO", field: string]>> = {
  "blkio-weight": ["blockIO", "weight"],
  "cpu-period": ["cpu", "period"],
  "cpu-quota": ["cpu", "quota"],
  "cpu-burst": ["cpu", "burst"],
  "cpu-share": ["cpu", "shares"],
  "cpu-rt-period": ["cpu", "realtimePeriod"],
  "cpu-rt-runtime": ["cpu", "realtimeRuntime"],
  "cpu-idle": ["cpu", "idle"],
  "cpuset-cpus": ["cpu", "cpus"],
  "cpuset-mems": ["cpu", "mems"],
  memory: ["memory", "limit"],
  "memory-reservation": ["memory", "reservation"],
  "memory-swap": ["memory", "swap"],
  "pids-limit": ["pids", "limit"],
};
const units: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

export const updateOptions: OptionTable = {
  resources: "value",
  ...(Object.fromEntries(Object.keys(fields).map((name) => [name, "value"])) as OptionTable),
};

function amount(name: string, text: string): number {
  const match = /^(-?\d+)([bkmg]?)b?$/iu.exec(text);
  if (!match) throw new RuntimeError(`invalid value for ${name}: ${text}`);
  return Number(match[1]) * units[match[2]!.toLowerCase()]!;
}

export function resourcesOf(options: Parsed): CgroupResources {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [name, [part, field]] of Object.entries(fields)) {
    const text = options.text(name);
    if (text !== undefined) result[part] = { ...result[part], [field]: field === "cpus" || field === "mems" ? text : amount(name, text) };
  }
  return result as CgroupResources;
}
