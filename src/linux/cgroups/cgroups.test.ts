// Resources as writes in both versions, layouts as machines have them, device programs run in a small machine.
// Invariant shown: version 1, version 2 and both at once; a path never leaves its hierarchy; the last device rule that fits decides.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceFilter } from "./device-filter.ts";
import { groupFolder, hierarchies } from "./layout.ts";
import type { CgroupResources, DeviceRule } from "./resources.ts";
import { writesV1 } from "./v1.ts";
import { weightOfShares, writesV2 } from "./v2.ts";

const lines = (writes: readonly { file: string; value: string }[]): string[] => writes.map(({ file, value }) => `${file} ${value}`);

const resources: CgroupResources = {
  devices: [
    { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
    { allow: true, type: "b", access: "m" },
  ],
  memory: { limit: 4194304, swap: 8388608, reservation: 1048576, swappiness: 0 },
  cpu: { shares: 1024, quota: 50000, period: 100000, cpus: "0", mems: "0" },
  pids: { limit: -1 },
  blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 100 }] },
  hugepageLimits: [{ pageSize: "2MB", limit: 0 }],
};

test("resources in version 1", () => {
  assert.deepEqual(lines(writesV1(resources)), [
    "devices.deny a",
    "devices.allow c 1:3 rw",
    "devices.allow b *:* m",
    "memory.limit_in_bytes 4194304",
    "memory.memsw.limit_in_bytes 8388608",
    "memory.soft_limit_in_bytes 1048576",
    "memory.swappiness 0",
    "cpu.shares 1024",
    "cpu.cfs_period_us 100000",
    "cpu.cfs_quota_us 50000",
    "cpuset.cpus 0",
    "cpuset.mems 0",
    "pids.max max",
    "blkio.throttle.read_bps_device 8:0 100",
    "hugetlb.2MB.limit_in_bytes 0",
  ]);
  assert.throws(() => writesV1({ unified: { "memory.high": "1" } }), /cannot use unified on cgroup v1/u);
});

test("resources in version 2: swap is counted apart, shares become a weight", () => {
  assert.deepEqual(lines(writesV2({ ...resources, unified: { "memory.high": "3000000" } })), [
    "memory.max 4194304",
    "memory.swap.max 4194304",
    "memory.low 1048576",
    "cpu.weight 39",
    "cpu.max 50000 100000",
    "cpuset.cpus 0",
    "cpuset.mems 0",
    "pids.max max",
    "io.max 8:0 rbps=100",
    "hugetlb.2MB.max 0",
    "memory.high 3000000",
  ]);
  assert.deepEqual([2, 1024, 262144].map(weightOfShares), [1, 39, 10000]);
  assert.throws(() => writesV2({ network: { classID: 1 } }), /not supported on cgroup v2/u);
  assert.throws(() => writesV2({ unified: { "../x.y": "1" } }), /must be a file name/u);
  assert.throws(() => writesV2({ memory: { swap: 5 } }), /without memory limit/u);
});

const hybrid = [
  "30 20 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro",
  "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
  "32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
  "33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  "34 30 0:29 / /elsewhere rw - cgroup cgroup rw,cpu,cpuacct",
].join("\n");

test("layouts: both versions at once, and a hierarchy of which only a part is mounted", () => {
  const found = hierarchies(hybrid, "3:cpu,cpuacct:/me\n2:name=systemd:/s\n0::/u:x\n", () => "");
  assert.deepEqual(
    found.map(({ version, controllers, own }) => [version, controllers.join(), own]),
    [
      [1, "cpu,cpuacct", "/me"],
      [1, "name=systemd", "/s"],
      [2, "", "/u:x"],
    ],
  );
  const [cpu] = found;
  assert.equal(groupFolder(cpu!, "/pods/one"), "/sys/fs/cgroup/cpu,cpuacct/pods/one");
  assert.equal(groupFolder(cpu!, "one"), "/sys/fs/cgroup/cpu,cpuacct/me/one");
  assert.equal(groupFolder(cpu!, "/../../etc"), "/sys/fs/cgroup/cpu,cpuacct/etc");
  assert.equal(groupFolder(cpu!, "../../etc"), "/sys/fs/cgroup/cpu,cpuacct/me/etc");
  assert.equal(groupFolder({ ...cpu!, root: "/me", own: "/me/deep" }, "x"), "/sys/fs/cgroup/cpu,cpuacct/deep/x");
});

/** The few instructions of eBPF a device filter has. */
function mayUse(rules: readonly DeviceRule[], [type, access, major, minor]: readonly [number, number, number, number]): boolean {
  const program = deviceFilter(rules);
  const registers = [0, 0, 0, 0, 0, 0, 0];
  const context = [(access << 16) | type, major, minor];
  for (let pc = 0; ; pc++) {
    const [opcode, pair, offset, value] = [
      program[pc * 8]!,
      program[pc * 8 + 1]!,
      program.readInt16LE(pc * 8 + 2),
      program.readInt32LE(pc * 8 + 4),
    ];
    const [to, from] = [pair & 15, pair >> 4];
    if (opcode === 0x61) registers[to] = context[offset / 4]!;
    else if (opcode === 0x57) registers[to]! &= value;
    else if (opcode === 0x77) registers[to]! >>= value;
    else if (opcode === 0xbf) registers[to] = registers[from]!;
    else if (opcode === 0xb7) registers[to] = value;
    else if (opcode === 0x55) pc += registers[to] === value ? 0 : offset;
    else if (opcode === 0x15) pc += registers[to] === value ? offset : 0;
    else if (opcode === 0x95) return registers[0] === 1;
    else throw new Error(`unknown instruction ${opcode}`);
  }
}

const [block, char, mknod, read, write] = [1, 2, 1, 2, 4];
const deviceCases: readonly {
  name: string;
  rules: readonly DeviceRule[];
  asked: readonly [number, number, number, number];
  want: boolean;
}[] = [
  { name: "without a rule nothing is allowed", rules: [], asked: [char, read, 1, 3], want: false },
  { name: "a rule for all allows all", rules: [{ allow: true }], asked: [block, write, 8, 0], want: true },
  {
    name: "a device by its numbers",
    rules: [{ allow: true, type: "c", major: 1, minor: 3, access: "rw" }],
    asked: [char, read | write, 1, 3],
    want: true,
  },
  {
    name: "more access than allowed",
    rules: [{ allow: true, type: "c", major: 1, minor: 3, access: "r" }],
    asked: [char, read | write, 1, 3],
    want: false,
  },
  { name: "another minor number", rules: [{ allow: true, type: "c", major: 1, minor: 3 }], asked: [char, read, 1, 5], want: false },
  { name: "another type", rules: [{ allow: true, type: "b" }], asked: [char, mknod, 1, 5], want: false },
  {
    name: "the last rule decides",
    rules: [{ allow: true }, { allow: false, type: "c", major: 1, minor: 5 }],
    asked: [char, read, 1, 5],
    want: false,
  },
  {
    name: "denied for one of the accesses asked for",
    rules: [{ allow: true }, { allow: false, access: "w" }],
    asked: [char, read | write, 1, 5],
    want: false,
  },
  { name: "not denied for another access", rules: [{ allow: true }, { allow: false, access: "w" }], asked: [char, read, 1, 5], want: true },
];
for (const { name, rules, asked, want } of deviceCases) {
  test(`device filter: ${name}`, () => assert.equal(mayUse(rules, asked), want));
}

/** The kernel's own first look at a program: from the beginning, along both ways of every jump. */
function neverReached(program: Buffer): number[] {
  const reached = new Set<number>();
  const walk = (start: number): void => {
    for (let pc = start; pc * 8 < program.length && !reached.has(pc); pc++) {
      reached.add(pc);
      const opcode = program[pc * 8];
      if (opcode === 0x95) return;
      if (opcode === 0x55 || opcode === 0x15) walk(pc + 1 + program.readInt16LE(pc * 8 + 2));
    }
  };
  walk(0);
  return Array.from({ length: program.length / 8 }, (_none, pc) => pc).filter((pc) => !reached.has(pc));
}

test("device filter: no instruction is out of reach, else the kernel refuses the program", () => {
  const denyAll: DeviceRule = { allow: false, access: "rwm" };
  const device: DeviceRule = { allow: true, type: "c", major: 1, minor: 3, access: "rwm" };
  for (const rules of [[], [denyAll], [device], [denyAll, device], [device, denyAll], [denyAll, { allow: true }, device]])
    assert.deepEqual(neverReached(deviceFilter(rules)), [], JSON.stringify(rules));
});
