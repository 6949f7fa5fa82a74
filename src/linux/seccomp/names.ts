// The architectures a seccomp profile may name. Their system calls are in tables.ts, which is large and only for whoever makes a filter.
// Invariant: a name that is not here is refused.
// Called by: profile.ts, tables.ts. Next on the way: tables.ts.

export const architectures = {
  SCMP_ARCH_X86_64: { token: 0xc000003e, table: "x86_64" },
  SCMP_ARCH_X86: { token: 0x40000003, table: "x86" },
  SCMP_ARCH_X32: { token: 0xc000003e, table: "x32" },
  SCMP_ARCH_AARCH64: { token: 0xc00000b7, table: "aarch64" },
  SCMP_ARCH_ARM: { token: 0x40000028, table: "arm" },
} as const;
export type ArchitectureName = keyof typeof architectures;

export const architectureNames: readonly string[] = Object.keys(architectures);

/** Of these nothing is known but the name: no program of such a kind runs on our processors, so there is nothing to filter. */
export const foreignArchitectures: readonly string[] =
  "MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64"
    .split(" ")
    .map((name) => `SCMP_ARCH_${name}`);
