// Resources in the files of control groups version 1, controller by controller.
// Invariant: the order is the order of writing: a period before its quota, memory before memory and swap.
// Called by: group.ts. Next on the way: v2.ts, the same in version 2.

import { type CgroupResources, type CgroupWrite, type DeviceRule, rdmaLines } from "./resources.ts";

type Rows = readonly (readonly [file: string, value: number | string | undefined])[];

/** Rows whose value is missing, or 0 where 0 means "as it is", are not written. */
function rows(controller: string, list: Rows): CgroupWrite[] {
  return list
    .filter(([, value]) => value !== undefined && value !== 0 && value !== "")
    .map(([file, value]) => ({ controller, file, value: `${value}` }));
}

export function deviceRuleV1({ type = "a", major, minor, access = "rwm" }: DeviceRule): string {
  const number = (value: number | undefined): string => (value === undefined || value < 0 ? "*" : `${value}`);
  return type === "a" ? "a" : `${type} ${number(major)}:${number(minor)} ${access}`;
}

function devices(list: readonly DeviceRule[] | undefined): CgroupWrite[] {
  if (list === undefined) return [];
  const writes = list.map((rule) => ({
    controller: "devices",
    file: rule.allow ? "devices.allow" : "devices.deny",
    value: deviceRuleV1(rule),
  }));
  return [{ controller: "devices", file: "devices.deny", value: "a" }, ...writes];
}

function blockIo(io: NonNullable<CgroupResources["blockIO"]>): CgroupWrite[] {
  const each = (file: string, list: readonly { major: number; minor: number; rate: number }[] = []): Rows =>
    list.map(({ major, minor, rate }) => [file, `${major}:${minor} ${rate}`]);
  const weights = (io.weightDevice ?? []).flatMap(
    ({ major, minor, weight, leafWeight }): Rows => [
      ["blkio.bfq.weight_device", weight === undefined ? undefined : `${major}:${minor} ${weight}`],
      ["blkio.leaf_weight_device", leafWeight === undefined ? undefined : `${major}:${minor} ${leafWeight}`],
    ],
  );
  return rows("blkio", [
    ["blkio.bfq.weight", io.weight],
    ["blkio.leaf_weight", io.leafWeight],
    ...weights,
    ...each("blkio.throttle.read_bps_device", io.throttleReadBpsDevice),
    ...each("blkio.throttle.write_bps_device", io.throttleWriteBpsDevice),
    ...each("blkio.throttle.read_iops_device", io.throttleReadIOPSDevice),
    ...each("blkio.throttle.write_iops_device", io.throttleWriteIOPSDevice),
  ]);
}

export function writesV1(resources: CgroupResources): CgroupWrite[] {
  const { memory = {}, cpu = {}, pids, network = {}, unified } = resources;
  if (unified && Object.keys(unified).length > 0) throw new Error("invalid configuration: cannot use unified on cgroup v1");
  const pidsLimit = pids?.limit ?? 0;
  return [
    ...devices(resources.devices),
    ...rows("memory", [
      ["memory.limit_in_bytes", memory.limit],
      ["memory.memsw.limit_in_bytes", memory.swap],
      ["memory.soft_limit_in_bytes", memory.reservation],
      ["memory.kmem.tcp.limit_in_bytes", memory.kernelTCP],
      ["memory.swappiness", memory.swappiness === 0 ? "0" : memory.swappiness],
      ["memory.oom_control", memory.disableOOMKiller ? 1 : undefined],
    ]),
    ...rows("cpu", [
      ["cpu.shares", cpu.shares],
      ["cpu.cfs_period_us", cpu.period],
      ["cpu.cfs_quota_us", cpu.quota],
      ["cpu.cfs_burst_us", cpu.burst],
      ["cpu.rt_period_us", cpu.realtimePeriod],
      ["cpu.rt_runtime_us", cpu.realtimeRuntime],
      ["cpu.idle", cpu.idle === undefined ? undefined : `${cpu.idle}`],
    ]),
    ...rows("cpuset", [
      ["cpuset.cpus", cpu.cpus],
      ["cpuset.mems", cpu.mems],
    ]),
    ...rows("pids", [["pids.max", pidsLimit === 0 ? undefined : pidsLimit > 0 ? pidsLimit : "max"]]),
    ...blockIo(resources.blockIO ?? {}),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) =>
      rows("hugetlb", [[`hugetlb.${pageSize}.limit_in_bytes`, `${limit}`]]),
    ),
    ...rows("net_cls", [["net_cls.classid", network.classID]]),
    ...(network.priorities ?? []).flatMap(({ name, priority }) => rows("net_prio", [["net_prio.ifpriomap", `${name} ${priority}`]])),
    ...rdmaLines(resources.rdma ?? {}).flatMap((line) => rows("rdma", [["rdma.max", line]])),
  ];
}
