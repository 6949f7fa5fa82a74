// The architectures a seccomp profile may name, and their system calls' numbers.
// Invariant: x32 shares its token with x86-64; its numbers carry a bit of their own.
// Called by: filter.ts. Next on the way: filter.ts.

import { type ArchitectureName, architectures } from "./names.ts";
import { syscallTables } from "./tables.gen.ts";

export interface Architecture {
  /** AUDIT_ARCH_… as the kernel tells a filter. */
  readonly token: number;
  readonly numbers: ReadonlyMap<string, number>;
  readonly x32: boolean;
}

export const x32Bit = 0x40000000;

/** A word that is a number sets the next name's; otherwise names count up. */
export function parseTable(text: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  let next = 0;
  for (const word of text.split(" ")) {
    if (/^\d+$/u.test(word)) next = Number(word);
    else numbers.set(word, next++);
  }
  return numbers;
}

export function architecture(name: string): Architecture | undefined {
  if (!Object.hasOwn(architectures, name)) return undefined;
  const { token, table } = architectures[name as ArchitectureName];
  return { token, numbers: parseTable(syscallTables[table]), x32: table === "x32" };
}

export function nativeArchitecture(arch: string): string {
  if (arch === "x64") return "SCMP_ARCH_X86_64";
  if (arch === "arm64") return "SCMP_ARCH_AARCH64";
  throw new Error(`seccomp: no table of system calls for the processor ${arch}`);
}
