// Resources in the files of control groups version 2. Devices are no file there but a program: see device-filter.ts.
// Invariant: values keep their meaning: swap is counted apart from memory, shares become weights.
// Called by: group.ts. Next on the way: device-filter.ts.

import { type CgroupResources, type CgroupWrite, type DeviceRate, rdmaLines } from "./resources.ts";

/** 2…262144 shares of version 1 are 1…10000 of version 2. */
export function weightOfShares(shares: number): number {
  return shares === 0 ? 0 : Math.trunc(1 + ((shares - 2) * 9999) / 262142);
}

/** 10…1000 of version 1 are 1…10000 of version 2. */
export function ioWeight(weight: number): number {
  return weight === 0 ? 0 : Math.trunc(1 + ((weight - 10) * 9999) / 990);
}

const orMax = (value: number): string => (value < 0 ? "max" : `${value}`);

function write(file: string, value: string | undefined): CgroupWrite[] {
  return value === undefined || value === "" ? [] : [{ controller: file.slice(0, file.indexOf(".")), file, value }];
}

function memory(settings: NonNullable<CgroupResources["memory"]>): CgroupWrite[] {
  const { limit = 0, swap = 0, reservation = 0 } = settings;
  // config.json counts memory and swap together, as version 1 did.
  let swapOnly = swap === 0 ? undefined : swap < 0 ? "max" : undefined;
  if (swap > 0) {
    if (limit <= 0) throw new Error("unable to set swap limit without memory limit");
    if (swap < limit) throw new Error("memory+swap limit should be >= memory limit");
    swapOnly = `${swap - limit}`;
  }
  return [
    ...write("memory.max", limit === 0 ? undefined : orMax(limit)),
    ...write("memory.swap.max", swapOnly),
    ...write("memory.low", reservation === 0 ? undefined : orMax(reservation)),
  ];
}

function cpu(settings: NonNullable<CgroupResources["cpu"]>): CgroupWrite[] {
  const { shares = 0, quota = 0, period = 0, burst, idle, cpus, mems } = settings;
  if (settings.realtimeRuntime || settings.realtimePeriod) throw new Error("realtime scheduling is not supported on cgroup v2");
  const max = quota === 0 && period === 0 ? undefined : `${quota > 0 ? quota : "max"}${period === 0 ? "" : ` ${period}`}`;
  return [
    ...write("cpu.idle", idle === undefined ? undefined : `${idle}`),
    ...write("cpu.weight", shares === 0 ? undefined : `${weightOfShares(shares)}`),
    ...write("cpu.max", max),
    ...write("cpu.max.burst", burst === undefined ? undefined : `${burst}`),
    ...write("cpuset.cpus", cpus),
    ...write("cpuset.mems", mems),
  ];
}

function blockIo(io: NonNullable<CgroupResources["blockIO"]>): CgroupWrite[] {
  if (io.leafWeight !== undefined && io.leafWeight !== 0) throw new Error("leafWeight is not supported on cgroup v2");
  const rates = (key: string, list: readonly DeviceRate[] = []): CgroupWrite[] =>
    list.flatMap(({ major, minor, rate }) => write("io.max", `${major}:${minor} ${key}=${rate}`));
  return [
    ...write("io.bfq.weight", io.weight ? `${io.weight}` : undefined),
    ...(io.weightDevice ?? []).flatMap(({ major, minor, weight }) =>
      write("io.bfq.weight", weight ? `${major}:${minor} ${weight}` : undefined),
    ),
    ...rates("rbps", io.throttleReadBpsDevice),
    ...rates("wbps", io.throttleWriteBpsDevice),
    ...rates("riops", io.throttleReadIOPSDevice),
    ...rates("wiops", io.throttleWriteIOPSDevice),
  ];
}

export function writesV2(resources: CgroupResources): CgroupWrite[] {
  if (resources.network?.classID || (resources.network?.priorities ?? []).length > 0)
    throw new Error("network classes and priorities are not supported on cgroup v2");
  const pidsLimit = resources.pids?.limit ?? 0;
  return [
    ...memory(resources.memory ?? {}),
    ...cpu(resources.cpu ?? {}),
    ...write("pids.max", pidsLimit === 0 ? undefined : orMax(pidsLimit)),
    ...blockIo(resources.blockIO ?? {}),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) => write(`hugetlb.${pageSize}.max`, `${limit}`)),
    ...rdmaLines(resources.rdma ?? {}).flatMap((line) => write("rdma.max", line)),
    ...Object.entries(resources.unified ?? {}).flatMap(([file, value]) => {
      if (file.includes("/") || !file.includes(".")) throw new Error(`unified resource ${JSON.stringify(file)} must be a file name`);
      return write(file, value);
    }),
  ];
}
