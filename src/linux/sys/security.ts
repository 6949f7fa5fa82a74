// What a process may do: capability sets, prctl, seccomp filters, BPF programs.
// Invariant: sets are given whole; nothing is added to what was there before.
// Called by: syscalls.ts. Next on the way: sockets.ts.

import { capAmbient, prctlOptions } from "./constants.ts";
import type { Memory } from "./arena.ts";
import type { RawCall } from "./raw.ts";

export interface CapabilityMasks {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

export interface SecurityCalls {
  capset(masks: CapabilityMasks): void;
  capabilities(): CapabilityMasks;
  dropBounding(capability: number): void;
  hasBounding(capability: number): boolean;
  clearAmbient(): void;
  raiseAmbient(capability: number): void;
  setKeepcaps(keep: boolean): void;
  setDumpable(dumpable: boolean): void;
  setNoNewPrivs(): void;
  setParentDeathSignal(signal: number): void;
  setChildSubreaper(): void;
  /** A classic BPF program, 8 bytes an instruction. */
  installSeccomp(program: Uint8Array, flags: number): void;
  /** Whether the kernel knows the action (SECCOMP_RET_…). */
  seccompActionAvailable(action: number): boolean;
  /** Loads a program for control groups' device access; its descriptor. */
  bpfLoadDevice(program: Uint8Array): number;
  bpfAttachDevice(cgroup: number, program: number): void;
}

const CAPABILITY_VERSION_3 = 0x20080522;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_GET_ACTION_AVAIL = 2;
const bpf = { load: 5, attach: 8, typeCgroupDevice: 15, attachCgroupDevice: 6, allowMulti: 2 } as const;

function capabilityBytes({ effective, permitted, inheritable }: CapabilityMasks): Buffer {
  const bytes = Buffer.alloc(24);
  for (const [half, shift] of [0n, 32n].entries())
    for (const [index, mask] of [effective, permitted, inheritable].entries())
      bytes.writeUInt32LE(Number((mask >> shift) & 0xffffffffn), half * 12 + index * 4);
  return bytes;
}

function capabilityHeader(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  return header;
}

function bpfLoadDevice(raw: RawCall, program: Uint8Array): number {
  const attributes = (memory: Memory): bigint => {
    const bytes = Buffer.alloc(128);
    bytes.writeUInt32LE(bpf.typeCgroupDevice, 0);
    bytes.writeUInt32LE(program.length / 8, 4);
    bytes.writeBigUInt64LE(memory.put(program), 8);
    bytes.writeBigUInt64LE(memory.put(Buffer.from("GPL\0")), 16);
    return memory.put(bytes);
  };
  return raw("bpf", [bpf.load, attributes, 128], "device filter");
}

export function securityCalls(raw: RawCall): SecurityCalls {
  const prctl = (option: number, second = 0, third = 0): number => raw("prctl", [option, second, third, 0, 0]);
  return {
    capset: (masks) => void raw("capset", [capabilityHeader(), capabilityBytes(masks)]),
    capabilities() {
      const sets = Buffer.alloc(24);
      raw("capget", [capabilityHeader(), sets]);
      const mask = (at: number): bigint => BigInt(sets.readUInt32LE(at)) | (BigInt(sets.readUInt32LE(at + 12)) << 32n);
      return { effective: mask(0), permitted: mask(4), inheritable: mask(8) };
    },
    dropBounding: (capability) => void prctl(prctlOptions.capbsetDrop, capability),
    hasBounding: (capability) => prctl(prctlOptions.capbsetRead, capability) === 1,
    clearAmbient: () => void prctl(prctlOptions.capAmbient, capAmbient.clearAll),
    raiseAmbient: (capability) => void prctl(prctlOptions.capAmbient, capAmbient.raise, capability),
    setKeepcaps: (keep) => void prctl(prctlOptions.setKeepcaps, keep ? 1 : 0),
    setDumpable: (dumpable) => void prctl(prctlOptions.setDumpable, dumpable ? 1 : 0),
    setNoNewPrivs: () => void prctl(prctlOptions.setNoNewPrivs, 1),
    setParentDeathSignal: (signal) => void prctl(prctlOptions.setPdeathsig, signal),
    setChildSubreaper: () => void prctl(prctlOptions.setChildSubreaper, 1),
    installSeccomp(program, flags) {
      const filter = (memory: Memory): bigint => {
        const bytes = Buffer.alloc(16);
        bytes.writeUInt16LE(program.length / 8, 0);
        bytes.writeBigUInt64LE(memory.put(program), 8);
        return memory.put(bytes);
      };
      raw("seccomp", [SECCOMP_SET_MODE_FILTER, flags, filter], "filter");
    },
    seccompActionAvailable(action) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(action >>> 0, 0);
      try {
        raw("seccomp", [SECCOMP_GET_ACTION_AVAIL, 0, bytes]);
        return true;
      } catch {
        return false;
      }
    },
    bpfLoadDevice: (program) => bpfLoadDevice(raw, program),
    bpfAttachDevice(cgroup, program) {
      const bytes = Buffer.alloc(128);
      for (const [index, value] of [cgroup, program, bpf.attachCgroupDevice, bpf.allowMulti].entries())
        bytes.writeUInt32LE(value, index * 4);
      raw("bpf", [bpf.attach, bytes, bytes.length], "attach device filter");
    },
  };
}
