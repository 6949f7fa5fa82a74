// The pause program: holds a pod's namespaces open, reaps what is orphaned into them, and ends at SIGTERM or SIGINT.
// Invariant: a static ELF of a few hundred bytes, written here instruction by instruction; it uses no memory but one word of stack.
// Called by: archive.ts's callers, who pack it as dhow.local/pause:1. Next on the way: linux/elf.ts.
//
// The program, in C's words:
//   block {INT, TERM, CHLD}; for (;;) switch (wait for one of them) { CHLD: reap all children; INT, TERM: exit(0) }
// Waiting instead of handling: as process 1 it has no default actions, and the kernel keeps a blocked signal even for process 1.

import { type Architecture, elf } from "#linux";

/** SIGINT 2, SIGTERM 15, SIGCHLD 17 as bits signal-1 of a sigset. */
const signalSet = (1 << 1) | (1 << 14) | (1 << 16);

/** One instruction: its bytes, or a jump whose distance is known when all have been placed. */
type Instruction = readonly number[] | { readonly jump: readonly number[]; readonly to: string } | { readonly label: string };

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];

/** System call numbers: rt_sigprocmask 14, rt_sigtimedwait 128, wait4 61, exit_group 231; arguments rdi, rsi, rdx, r10. */
const amd64: readonly Instruction[] = [
  [0x68, ...word(signalSet)], // push signalSet: the set now lies at rsp
  [0x31, 0xff], // xor edi, edi: SIG_BLOCK
  [0x48, 0x89, 0xe6], // mov rsi, rsp: the set
  [0x31, 0xd2], // xor edx, edx: the old set does not matter
  [0x41, 0xba, ...word(8)], // mov r10d, 8: bytes in a set
  [0xb8, ...word(14)], // mov eax, rt_sigprocmask
  [0x0f, 0x05], // syscall
  { label: "wait" },
  [0x48, 0x89, 0xe7], // mov rdi, rsp: the set
  [0x31, 0xf6], // xor esi, esi: no siginfo
  [0x31, 0xd2], // xor edx, edx: no timeout
  [0x41, 0xba, ...word(8)], // mov r10d, 8
  [0xb8, ...word(128)], // mov eax, rt_sigtimedwait
  [0x0f, 0x05], // syscall: eax is now the signal, or a negative errno
  [0x83, 0xf8, 17], // cmp eax, SIGCHLD
  { jump: [0x74], to: "reap" }, // je reap
  [0x85, 0xc0], // test eax, eax
  { jump: [0x7e], to: "wait" }, // jle wait: interrupted, such as by a tracer
  [0x31, 0xff], // xor edi, edi: status 0
  [0xb8, ...word(231)], // mov eax, exit_group
  [0x0f, 0x05], // syscall
  { label: "reap" },
  [0xbf, ...word(-1)], // mov edi, -1: any child
  [0x31, 0xf6], // xor esi, esi: its status does not matter
  [0xba, ...word(1)], // mov edx, WNOHANG
  [0x45, 0x31, 0xd2], // xor r10d, r10d: no rusage
  [0xb8, ...word(61)], // mov eax, wait4
  [0x0f, 0x05], // syscall
  [0x85, 0xc0], // test eax, eax
  { jump: [0x7f], to: "reap" }, // jg reap: one was reaped, there may be more
  { jump: [0xeb], to: "wait" }, // jmp wait
];

/** movz xD, #value: set a register. */
const movz = (register: number, value: number): number[] => word(0xd2800000 | (value << 5) | register);
/** System call numbers (x8): rt_sigprocmask 135, rt_sigtimedwait 137, wait4 260, exit_group 94; arguments x0 to x3. */
const arm64: readonly Instruction[] = [
  movz(9, signalSet & 0xffff), // mov x9, low half of the set
  word(0xf2a00000 | ((signalSet >>> 16) << 5) | 9), // movk x9, high half, lsl 16
  word(0xf81f0fe9), // str x9, [sp, #-16]!: the set now lies at sp
  movz(0, 0), // SIG_BLOCK
  word(0x910003e1), // mov x1, sp
  movz(2, 0),
  movz(3, 8),
  movz(8, 135),
  word(0xd4000001), // svc 0
  { label: "wait" },
  word(0x910003e0), // mov x0, sp
  movz(1, 0),
  movz(2, 0),
  movz(3, 8),
  movz(8, 137),
  word(0xd4000001), // svc 0: w0 is now the signal, or a negative errno
  word(0x7100441f), // cmp w0, 17
  { jump: [0x0], to: "reap" }, // b.eq reap
  word(0x7100001f), // cmp w0, 0
  { jump: [0xd], to: "wait" }, // b.le wait
  movz(0, 0),
  movz(8, 94),
  word(0xd4000001), // svc 0: exit_group(0)
  { label: "reap" },
  word(0x92800000), // mov x0, -1
  movz(1, 0),
  movz(2, 1), // WNOHANG
  movz(3, 0),
  movz(8, 260),
  word(0xd4000001), // svc 0
  word(0x7100001f), // cmp w0, 0
  { jump: [0xc], to: "reap" }, // b.gt reap
  { jump: [0xe], to: "wait" }, // b.al wait
];

/** x86-64: an opcode and a signed byte, counted from the jump's end. */
const shortJump = (opcode: readonly number[], from: number, to: number): number[] => [...opcode, (to - from - 2) & 0xff];
/** arm64: b.CONDITION, in words counted from the jump itself. */
const conditional = (condition: readonly number[], from: number, to: number): number[] =>
  word(0x54000000 | ((((to - from) >> 2) & 0x7ffff) << 5) | condition[0]!);

function assemble(program: readonly Instruction[], jumpBytes: number, encode: typeof shortJump): Buffer {
  const labels = new Map<string, number>();
  let offset = 0;
  for (const instruction of program) {
    if ("label" in instruction) labels.set(instruction.label, offset);
    else offset += "jump" in instruction ? jumpBytes : instruction.length;
  }
  const bytes: number[] = [];
  for (const instruction of program) {
    if ("jump" in instruction) bytes.push(...encode(instruction.jump, bytes.length, labels.get(instruction.to)!));
    else if (!("label" in instruction)) bytes.push(...instruction);
  }
  return Buffer.from(bytes);
}

export function pauseProgram(architecture: Architecture): Buffer {
  const code = architecture === "amd64" ? assemble(amd64, 2, shortJump) : assemble(arm64, 4, conditional);
  return elf(architecture, code);
}
