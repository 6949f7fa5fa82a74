// The hand: a program of some two hundred bytes that makes the system calls it is told to make, and nothing else. The head, elsewhere, decides.
// Invariant: one thread, no libc, no memory but what is laid out below; it ends when nobody holds the other end of its socket.
// Called by: hand.ts. Next on the way: hand.ts, what it is told; arm64.ts, the same for another processor. Format: elf.ts.

import { elf } from "../elf.ts";
import { arm64, conditional } from "./arm64.ts";
import { assemble, type Instruction, type Jump, word } from "./assemble.ts";
import { callBytes, goOn, headBytes, memory } from "./list.ts";

const calls = { read: 0, write: 1, exitGroup: 231 } as const;
const syscall = [0x0f, 0x05];
const eax = (number: number): number[] => [0xb8, ...word(number)];
const edi = (value: number): number[] => [0xbf, ...word(value)];

/**
 * The program, in C's words (a call is eight words: number, six arguments, what to do if it fails):
 *   for (;;) {
 *     if (read(socket, list, room) <= 0) exit(255);
 *     for (call in list.calls) {
 *       call.number = syscall(call);                        // the answer lies where the number was
 *       if (failed(call.number) && call.otherwise != 1) {
 *         if (list.reply) break;                            // somebody reads the answer
 *         if (call.otherwise) { write(2, its words); write(2, words of the errno); }
 *         exit(255);
 *       }
 *     }
 *     if (!list.reply) exit(255);                           // the last list ends with execve
 *     write(socket, list, list.reply);
 *   }
 *
 * rbx: the list; r12: calls left; r13: this call; r14: what to do if it fails. None of them is changed by a system call.
 */
const amd64 = (socket: number): readonly Instruction[] => [
  [0xbb, ...word(memory.list)], // mov ebx, list
  { label: "next" },
  eax(calls.read),
  edi(socket),
  [0x89, 0xde], // mov esi, ebx
  [0xba, ...word(memory.listBytes)], // mov edx, listBytes
  syscall,
  [0x48, 0x85, 0xc0], // test rax, rax
  { jump: [0x0f, 0x8e], to: "end" }, // jle end: nobody is there any more
  [0x4c, 0x8b, 0x23], // mov r12, [rbx]: how many calls
  [0x4c, 0x8d, 0x6b, headBytes], // lea r13, [rbx+24]: the first
  { label: "call" },
  [0x49, 0x8b, 0x45, 0x00], // mov rax, [r13]
  [0x49, 0x8b, 0x7d, 0x08], // mov rdi, [r13+8]
  [0x49, 0x8b, 0x75, 0x10], // mov rsi, [r13+16]
  [0x49, 0x8b, 0x55, 0x18], // mov rdx, [r13+24]
  [0x4d, 0x8b, 0x55, 0x20], // mov r10, [r13+32]
  [0x4d, 0x8b, 0x45, 0x28], // mov r8, [r13+40]
  [0x4d, 0x8b, 0x4d, 0x30], // mov r9, [r13+48]
  syscall,
  [0x49, 0x89, 0x45, 0x00], // mov [r13], rax: the answer
  [0x48, 0x3d, ...word(-4095)], // cmp rax, -4095: from there up it is an errno
  { jump: [0x0f, 0x82], to: "done" }, // jb done
  [0x4d, 0x8b, 0x75, 0x38], // mov r14, [r13+56]
  [0x49, 0x83, 0xfe, Number(goOn)], // cmp r14, goOn
  { jump: [0x0f, 0x84], to: "done" }, // je done
  [0x48, 0x83, 0x7b, 0x08, 0x00], // cmp qword [rbx+8], 0: does somebody want a reply?
  { jump: [0x0f, 0x85], to: "reply" }, // jne reply
  [0x4d, 0x85, 0xf6], // test r14, r14
  { jump: [0x0f, 0x84], to: "end" }, // je end: no words
  [0x49, 0x89, 0xc5], // mov r13, rax
  eax(calls.write),
  edi(2),
  [0x49, 0x8d, 0x76, 0x08], // lea rsi, [r14+8]
  [0x49, 0x8b, 0x16], // mov rdx, [r14]: how many bytes
  syscall,
  [0x49, 0xf7, 0xdd], // neg r13: the errno
  [0x49, 0xc1, 0xe5, 0x04], // shl r13, 4
  [0x4c, 0x03, 0x6b, 0x10], // add r13, [rbx+16]: the table of its words, an address and a length each
  eax(calls.write),
  edi(2),
  [0x49, 0x8b, 0x75, 0x00], // mov rsi, [r13]
  [0x49, 0x8b, 0x55, 0x08], // mov rdx, [r13+8]
  syscall,
  { jump: [0xe9], to: "end" },
  { label: "done" },
  [0x49, 0x83, 0xc5, callBytes], // add r13, 64
  [0x49, 0xff, 0xcc], // dec r12
  { jump: [0x0f, 0x85], to: "call" }, // jnz call
  { label: "reply" },
  [0x48, 0x8b, 0x53, 0x08], // mov rdx, [rbx+8]: how many bytes
  [0x48, 0x85, 0xd2], // test rdx, rdx
  { jump: [0x0f, 0x84], to: "end" }, // jz end
  eax(calls.write),
  edi(socket),
  [0x89, 0xde], // mov esi, ebx
  syscall,
  { jump: [0xe9], to: "next" },
  { label: "end" },
  edi(255),
  eax(calls.exitGroup),
  syscall,
];

/** x86-64: an opcode and four bytes of distance, counted from the jump's end. */
const near: Jump = (opcode, from, to) => [...opcode, ...word(to - (from + opcode.length + 4))];

/** Whether there is a hand for this processor. */
export const hasHand = (processor: string): boolean => processor === "x64" || processor === "arm64";

/** The program, told by whoever holds the other end of this descriptor of its own. */
export function handProgram(socket: number, processor: string = process.arch): Buffer {
  const empty = { address: memory.list, bytes: memory.listBytes + memory.dataBytes };
  if (processor === "x64") return elf("amd64", assemble(amd64(socket), near), empty);
  if (processor === "arm64") return elf("arm64", assemble(arm64(socket), conditional), empty);
  throw new Error(`no hand for the processor ${processor}`);
}
