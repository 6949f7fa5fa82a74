// The capabilities of Linux by name, and sets of them as the bit masks the kernel takes.
// Invariant: a name's bit is its place in the list, which is the kernel's and only ever grows.
// Called by: runtime/ when a process's sets are made. Next on the way: sys/security.ts.

const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN " +
  "NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME " +
  "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON " +
  "BPF CHECKPOINT_RESTORE";

/** "CAP_CHOWN" …, in the kernel's order. */
export const capabilityNames: readonly string[] = names.split(" ").map((name) => `CAP_${name}`);

/** Bit of a capability; undefined for a name no kernel knows. */
export function capabilityBit(name: string): number | undefined {
  const bit = capabilityNames.indexOf(name);
  return bit < 0 ? undefined : bit;
}

export interface CapabilityMask {
  readonly mask: bigint;
  readonly unknown: readonly string[];
}

/** Names that are unknown, to us or to a kernel whose last capability is `last`, are told apart. */
export function capabilityMask(list: readonly string[] | undefined, last: number): CapabilityMask {
  let mask = 0n;
  const unknown: string[] = [];
  for (const name of list ?? []) {
    const bit = capabilityBit(name);
    if (bit === undefined || bit > last) unknown.push(name);
    else mask |= 1n << BigInt(bit);
  }
  return { mask, unknown };
}

/** Bits of a mask, lowest first. */
export function capabilityBits(mask: bigint): number[] {
  return capabilityNames.map((_name, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
