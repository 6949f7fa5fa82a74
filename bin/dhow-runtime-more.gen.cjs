"use strict";
// Made by `npm run bundle` from src/runtime and what it uses: read those.
module.exports = ((known, later) => {
const { m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31 } = known;
// src/linux/hand/list.ts
const m32 = (() => {
const { callNumber: callNumber } = m7;
const memory = { list: 0x1001_0000, listBytes: 128 << 10, data: 0x1003_0000, dataBytes: 16 << 20 }         ;
const headBytes = 24;
const callBytes = 64;
const stop = 0n;
const goOn = 1n;
const wordsOf = (list        )                => new BigInt64Array(list.buffer, list.byteOffset, list.length >> 3);
function writeHead(words               , { calls, replyBytes, errnoTable }      )       {
  words[0] = BigInt(calls);
  words[1] = BigInt(replyBytes);
  words[2] = errnoTable;
}
function writeCall(words               , at        , name          , args                   , otherwise        )       {
  const first = at >> 3;
  words[first] = BigInt(callNumber(name, process.arch));
  for (let index = 0; index < 6; index++) words[first + 1 + index] = args[index] ?? 0n;
  words[first + 7] = otherwise;
}
return { memory, headBytes, callBytes, stop, goOn, wordsOf, writeHead, writeCall };
})();
// src/linux/hand/last.ts
const m33 = (() => {
const { Arena: Arena } = m6;
const { syscallsOver: syscallsOver } = m11;
const { callBytes: callBytes } = m32;
const { goOn: goOn } = m32;
const { headBytes: headBytes } = m32;
const { memory: memory } = m32;
const { wordsOf: wordsOf } = m32;
const { writeCall: writeCall } = m32;
const { writeHead: writeHead } = m32;
const unminded                        = new Set(["rt_sigaction", "fcntl", "flock", "close"]);
const mostCalls = 1000;
const errnos = 134;
const failures                                   = {
  1: "operation not permitted",
  2: "no such file or directory",
  5: "i/o error",
  7: "argument list too long",
  8: "exec format error",
  11: "resource temporarily unavailable",
  12: "not enough memory",
  13: "permission denied",
  14: "bad address in system call argument",
  20: "not a directory",
  21: "illegal operation on a directory",
  22: "invalid argument",
  23: "file table overflow",
  24: "too many open files",
  26: "text file is busy",
  36: "name too long",
  40: "too many symbolic links encountered",
};
function putWords(data       , text        )         {
  const words = Buffer.from(text);
  const bytes = Buffer.alloc(8 + words.length);
  bytes.writeBigUInt64LE(BigInt(words.length), 0);
  bytes.set(words, 8);
  return data.put(bytes);
}
function putErrnoTable(data       )         {
  const table = Buffer.alloc(errnos * 16);
  for (let errno = 1; errno < errnos; errno++) {
    const words = Buffer.from(`${failures[errno] ?? `errno ${errno}`}\n`);
    table.writeBigUInt64LE(data.put(words), errno * 16);
    table.writeBigUInt64LE(BigInt(words.length), errno * 16 + 8);
  }
  return data.put(table);
}
class Becoming extends Error {}
function lastList(last                              )                                                   {
  const data = new Arena(Buffer.alloc(32 << 10), BigInt(memory.data), memory.dataBytes);
  const noted          = [];
  const syscalls = syscallsOver((name, args, about) => {
    const otherwise = unminded.has(name) ? goOn : putWords(data, `${name}${about === undefined ? "" : ` ${about}`}: `);
    noted.push({ name, args: args.map((argument) => data.value(argument)), otherwise });
    if (name === "execve") throw new Becoming();
    return 0;
  });
  try {
    last(syscalls);
  } catch (error) {
    if (!(error instanceof Becoming)) throw error;
  }
  if (noted.length > mostCalls) throw new Error(`${noted.length} calls are too many for one list`);
  const errnoTable = putErrnoTable(data);
  const list = Buffer.alloc(headBytes + noted.length * callBytes);
  const words = wordsOf(list);
  writeHead(words, { calls: noted.length, replyBytes: 0, errnoTable });
  for (const [index, { name, args, otherwise }] of noted.entries()) writeCall(words, headBytes + index * callBytes, name, args, otherwise);
  return { list, data: data.written };
}
return { failures, lastList };
})();
// src/linux/hand/hand.ts
const m34 = (() => {
const { readSync: readSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { Arena: Arena } = m6;
const { SyscallError: SyscallError } = m0;
const { syscallsOver: syscallsOver } = m11;
const { lastList: lastList } = m33;
const { callBytes: callBytes } = m32;
const { goOn: goOn } = m32;
const { headBytes: headBytes } = m32;
const { memory: memory } = m32;
const { stop: stop } = m32;
const { wordsOf: wordsOf } = m32;
const { writeCall: writeCall } = m32;
const { writeHead: writeHead } = m32;
const packetBytes = 64 << 10;
const mostClosing = 64;
const mostTogether = 64;
const mostInterrupted = 1000;
const lastErrno = 4095;
const handEnded = "it ended before it was ready";
class Hand {
           syscalls          ;
           #socket        ;
           #theirs        ;
           #packet = Buffer.alloc(packetBytes);
           #words = wordsOf(this.#packet);
  #closing           = [];
  #noted                     ;
  constructor(socket        , theirs        ) {
    this.#socket = socket;
    this.#theirs = theirs;
    this.syscalls = syscallsOver(this.#call, (calls) => this.#together(calls));
  }
           #call          = (name, args, about) => {
    if (this.#noted) {
      this.#noted.push({ name, args, about });
      return 0;
    }
    if (name === "close" && typeof args[0] === "number" && this.#closing.length < mostClosing) {
      this.#closing.push(args[0]);
      return 0;
    }
    const told = this.#tell(name, args);
    return this.#answer(told, name, args, about);
  };
  #together(calls            )       {
    const noted          = [];
    this.#noted = noted;
    try {
      calls();
    } finally {
      this.#noted = undefined;
    }
    for (let from = 0; from < noted.length; from += mostTogether) this.#tellAll(noted.slice(from, from + mostTogether));
  }
  #tellAll(noted                  )       {
    const packet = this.#packet;
    const from = headBytes + noted.length * callBytes;
    const arena = new Arena(packet.subarray(from), BigInt(memory.list + from));
    for (const [index, { name, args }] of noted.entries())
      writeCall(
        this.#words,
        headBytes + index * callBytes,
        name,
        args.map((argument) => arena.value(argument)),
        stop,
      );
    writeHead(this.#words, { calls: noted.length, replyBytes: from, errnoTable: 0n });
    this.#write(packet.subarray(0, from + arena.written.length));
    this.#hear(from);
    for (const [index, { name, about }] of noted.entries()) {
      const answer = Number(this.#words[(headBytes + index * callBytes) >> 3]);
      if (answer < 0 && answer >= -lastErrno) throw new SyscallError(name, -answer, about);
    }
  }
  #tell(name          , args                     )       {
    const packet = this.#packet;
    const closing = this.#closing;
    this.#closing = [];
    for (const [index, fd] of closing.entries()) writeCall(this.#words, headBytes + index * callBytes, "close", [BigInt(fd)], goOn);
    const at = headBytes + closing.length * callBytes;
    const from = at + callBytes;
    const arena = new Arena(packet.subarray(from), BigInt(memory.list + from));
    const addresses = args.map((argument) => arena.value(argument));
    writeCall(this.#words, at, name, addresses, stop);
    const answers = args.some((argument) => argument instanceof Uint8Array || typeof argument === "function");
    const replyBytes = answers ? from + arena.used : from;
    writeHead(this.#words, { calls: closing.length + 1, replyBytes, errnoTable: 0n });
    this.#write(packet.subarray(0, from + arena.written.length));
    return { at, arena, addresses, replyBytes };
  }
  #answer({ at, arena, addresses, replyBytes }      , name          , args                     , about         )         {
    this.#hear(replyBytes);
    const answer = Number(this.#words[at >> 3]);
    if (answer < 0 && answer >= -lastErrno) throw new SyscallError(name, -answer, about);
    for (const [index, argument] of args.entries())
      if (argument instanceof Uint8Array) argument.set(arena.get(addresses[index] , argument.length));
    return answer;
  }
  #write(packet            )       {
    try {
      writeSync(this.#socket, packet);
    } catch (error) {
      throw (error                         ).code === "EPIPE" ? new Error(handEnded, { cause: error }) : error;
    }
  }
  #hear(bytes        )       {
    for (let interrupted = 0; ; interrupted++) {
      try {
        if (readSync(this.#socket, this.#packet, 0, packetBytes, null) === bytes) return;
        throw new Error(handEnded);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "EINTR" && interrupted < mostInterrupted) continue;
        if (code === "EAGAIN") throw new Error("it does not answer", { cause: error });
        throw code === "ECONNRESET" ? new Error(handEnded, { cause: error }) : error;
      }
    }
  }
  take(fd        , own                                     )         {
    let taken = -1;
    const sending = syscallsOver((name, args, about) => {
      const told = this.#tell(name, args);
      taken = own.receiveDescriptor(this.#socket).fd;
      return this.#answer(told, name, args, about);
    });
    sending.sendDescriptor(this.#theirs, fd, "descriptor");
    return taken;
  }
  leave(last                              )       {
    const closing = this.#closing;
    this.#closing = [];
    const { list, data } = lastList((syscalls) => {
      for (const fd of closing) syscalls.close(fd);
      last(syscalls);
    });
    for (let at = 0; at < data.length; at += packetBytes) {
      const piece = data.subarray(at, at + packetBytes);
      const args = [this.#theirs, BigInt(memory.data + at), piece.length];
      const told = this.#tell("read", args);
      this.#write(piece);
      this.#answer(told, "read", args);
    }
    this.#write(list);
  }
}
return { Hand };
})();
// src/linux/elf.ts
const m35 = (() => {
const machines                                         = { amd64: 62, arm64: 183 };
const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x400000;
function elf(architecture              , code            , memory              )         {
  const start = headerBytes + segmentBytes * (memory ? 2 : 1);
  const file = Buffer.alloc(start + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]); // magic, 64 bit, little endian, version 1, System V
  file.writeUInt16LE(2, 16); // executable
  file.writeUInt16LE(machines[architecture], 18);
  file.writeUInt32LE(1, 20); // version
  file.writeBigUInt64LE(BigInt(loadAddress + start), 24); // entry
  file.writeBigUInt64LE(BigInt(headerBytes), 32); // program headers
  file.writeUInt16LE(headerBytes, 52);
  file.writeUInt16LE(segmentBytes, 54);
  file.writeUInt16LE(memory ? 2 : 1, 56); // segments
  file.writeUInt16LE(64, 58); // size of a section header, of which there are none
  file.writeUInt32LE(1, headerBytes); // loadable
  file.writeUInt32LE(5, headerBytes + 4); // read, execute
  file.writeBigUInt64LE(BigInt(loadAddress), headerBytes + 16);
  file.writeBigUInt64LE(BigInt(loadAddress), headerBytes + 24);
  file.writeBigUInt64LE(BigInt(file.length), headerBytes + 32);
  file.writeBigUInt64LE(BigInt(file.length), headerBytes + 40);
  file.writeBigUInt64LE(0x1000n, headerBytes + 48); // page alignment
  if (memory) {
    const at = headerBytes + segmentBytes;
    file.writeUInt32LE(1, at);
    file.writeUInt32LE(6, at + 4); // read, write; nothing of it comes from the file
    file.writeBigUInt64LE(BigInt(memory.address), at + 16);
    file.writeBigUInt64LE(BigInt(memory.address), at + 24);
    file.writeBigUInt64LE(BigInt(memory.bytes), at + 40);
    file.writeBigUInt64LE(0x1000n, at + 48);
  }
  file.set(code, start);
  return file;
}
return { elf };
})();
// src/linux/hand/assemble.ts
const m36 = (() => {
const word = (value        )           => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
function assemble(program                        , jump      )         {
  const labels = new Map                ();
  let offset = 0;
  for (const instruction of program) {
    if ("label" in instruction) labels.set(instruction.label, offset);
    else offset += "jump" in instruction ? jump(instruction.jump, 0, 0).length : instruction.length;
  }
  const bytes           = [];
  for (const instruction of program) {
    if ("jump" in instruction) bytes.push(...jump(instruction.jump, bytes.length, labels.get(instruction.to) ));
    else if (!("label" in instruction)) bytes.push(...instruction);
  }
  return Buffer.from(bytes);
}
return { word, assemble };
})();
// src/linux/hand/arm64.ts
const m37 = (() => {
const { word: word } = m36;
const { callBytes: callBytes } = m32;
const { goOn: goOn } = m32;
const { headBytes: headBytes } = m32;
const { memory: memory } = m32;
const calls = { read: 63, write: 64, exitGroup: 94 }         ;
const number = 8;
const [list, left, call, otherwise, table] = [19, 20, 21, 22, 23];
const supervisor = word(0xd4000001); // svc 0
const movz = (to        , value        )           => word(0xd2800000 | (value << 5) | to);
const set = (to        , value        )           => [
  ...movz(to, value & 0xffff),
  ...word(0xf2a00000 | (((value >>> 16) & 0xffff) << 5) | to),
];
const mov = (to        , from        )           => word(0xaa0003e0 | (from << 16) | to);
const neg = (to        , from        )           => word(0xcb0003e0 | (from << 16) | to);
const ldr = (to        , base        , offset = 0)           => word(0xf9400000 | ((offset >> 3) << 10) | (base << 5) | to);
const str = (from        , base        )           => word(0xf9000000 | (base << 5) | from);
const ldp = (to        , second        , base        , offset = 0)           =>
  word(0xa9400000 | ((offset >> 3) << 15) | (second << 10) | (base << 5) | to);
const add = (to        , from        , value        )           => word(0x91000000 | (value << 10) | (from << 5) | to);
const addSixteens = (to        , from        , other        )           => word(0x8b001000 | (other << 16) | (from << 5) | to);
const cmp = (register        , value        )           => word(0xf100001f | (value << 10) | (register << 5));
const cmn = (register        , value        )           => word(0xb100001f | (value << 10) | (register << 5));
const decrement = (register        )           => word(0xf1000400 | (register << 5) | register); // subs register, register, 1
const conditions = { equal: [0x0], notEqual: [0x1], lower: [0x3], lessOrEqual: [0xd], always: [0xe] }         ;
const conditional       = ([condition], from, to) => word(0x54000000 | ((((to - from) >> 2) & 0x7ffff) << 5) | condition );
const make = (name                    )                => [movz(number, calls[name]), supervisor];
const arm64 = (socket        )                         => [
  set(list, memory.list),
  { label: "next" },
  set(0, socket),
  mov(1, list),
  set(2, memory.listBytes),
  ...make("read"),
  cmp(0, 0),
  { jump: conditions.lessOrEqual, to: "end" }, // nobody is there any more
  ldr(left, list), // how many calls
  add(call, list, headBytes), // the first
  { label: "call" },
  ldp(number, 0, call),
  ldp(1, 2, call, 16),
  ldp(3, 4, call, 32),
  ldr(5, call, 48),
  supervisor,
  str(0, call), // the answer
  cmn(0, 4095), // from -4095 up it is an errno
  { jump: conditions.lower, to: "done" },
  ldr(otherwise, call, 56),
  cmp(otherwise, Number(goOn)),
  { jump: conditions.equal, to: "done" },
  ldr(2, list, 8),
  cmp(2, 0), // does somebody want a reply?
  { jump: conditions.notEqual, to: "reply" },
  cmp(otherwise, 0),
  { jump: conditions.equal, to: "end" }, // no words
  neg(call, 0), // the errno
  set(0, 2),
  add(1, otherwise, 8),
  ldr(2, otherwise), // how many bytes
  ...make("write"),
  ldr(table, list, 16), // of the errnos' words, an address and a length each
  addSixteens(call, table, call),
  set(0, 2),
  ldp(1, 2, call),
  ...make("write"),
  { jump: conditions.always, to: "end" },
  { label: "done" },
  add(call, call, callBytes),
  decrement(left),
  { jump: conditions.notEqual, to: "call" },
  { label: "reply" },
  ldr(2, list, 8), // how many bytes
  cmp(2, 0),
  { jump: conditions.equal, to: "end" },
  set(0, socket),
  mov(1, list),
  ...make("write"),
  { jump: conditions.always, to: "next" },
  { label: "end" },
  set(0, 255),
  ...make("exitGroup"),
];
return { conditional, arm64 };
})();
// src/linux/hand/program.ts
const m38 = (() => {
const { elf: elf } = m35;
const { arm64: arm64 } = m37;
const { conditional: conditional } = m37;
const { assemble: assemble } = m36;
const { word: word } = m36;
const { callBytes: callBytes } = m32;
const { goOn: goOn } = m32;
const { headBytes: headBytes } = m32;
const { memory: memory } = m32;
const calls = { read: 0, write: 1, exitGroup: 231 }         ;
const syscall = [0x0f, 0x05];
const eax = (number        )           => [0xb8, ...word(number)];
const edi = (value        )           => [0xbf, ...word(value)];
const amd64 = (socket        )                         => [
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
const near       = (opcode, from, to) => [...opcode, ...word(to - (from + opcode.length + 4))];
const hasHand = (processor        )          => processor === "x64" || processor === "arm64";
function handProgram(socket        , processor         = process.arch)         {
  const empty = { address: memory.list, bytes: memory.listBytes + memory.dataBytes };
  if (processor === "x64") return elf("amd64", assemble(amd64(socket), near), empty);
  if (processor === "arm64") return elf("arm64", assemble(arm64(socket), conditional), empty);
  throw new Error(`no hand for the processor ${processor}`);
}
return { hasHand, handProgram };
})();
// src/runtime/init/confinement.ts
const m39 = (() => {
const { errnoText: errnoText } = m0;
const { isErrno: isErrno } = m0;
const { SyscallError: SyscallError } = m0;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const files = ["/proc/thread-self/attr/apparmor/exec", "/proc/thread-self/attr/exec"]         ;
const words = "unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec";
const attributeFiles = (syscalls          )                 => ({
  open: (path) => syscalls.openWrite(path),
  write: (fd, text) => syscalls.write(fd, text),
  close: (fd) => syscalls.close(fd),
});
function open(kernel                )         {
  try {
    return kernel.open(files[0]);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return kernel.open(files[1]);
  }
}
function openConfinement({ process, config }                                         , kernel                )             {
  const profile = process?.apparmorProfile || config.process?.apparmorProfile;
  if (!profile) return () => undefined;
  const refused = (error         )               => {
    const why = error instanceof SyscallError ? errnoText(error.errno) : messageOf(error);
    return new RuntimeError(`${words}: ${why}`, { cause: error });
  };
  let fd        ;
  try {
    fd = open(kernel);
  } catch (error) {
    throw refused(error);
  }
  return () => {
    try {
      kernel.write(fd, `exec ${profile}`);
    } catch (error) {
      throw refused(error);
    } finally {
      kernel.close(fd);
    }
  };
}
return { attributeFiles, openConfinement };
})();
// src/runtime/init/console.ts
const m40 = (() => {
const { openFlags: openFlags } = m3;
const { RuntimeError: RuntimeError } = m1;
const multiplexer = 0x502; // c 5:2
function openTerminal(context             , inside        , process               )                                    {
  const { syscalls } = context;
  const master = inside.open("dev/ptmx", openFlags.readWrite);
  if (syscalls.status(master).device !== multiplexer) throw new RuntimeError("/dev/ptmx of the container is not a terminal multiplexer");
  syscalls.unlockTerminal(master);
  const slave = syscalls.openTerminalPeer(master);
  const { height = 0, width = 0 } = process.consoleSize ?? {};
  if (height > 0 && width > 0) syscalls.setTerminalSize(master, height, width);
  return { master, slave };
}
function mountConsole(syscalls          , inside        , slave        )       {
  inside.with(syscalls.openTree(slave, "", { recursive: false }), (tree) =>
    inside.with(consoleFile(syscalls, inside), (target) => syscalls.moveMount(tree, target)),
  );
}
function consoleFile(syscalls          , inside        )         {
  const plain = inside.tryOpen("dev/console", openFlags.pathNoFollow);
  if (plain === undefined) return inside.makeFile("dev/console");
  if (syscalls.status(plain).type === "link") throw new RuntimeError("/dev/console of the container is a link");
  return plain;
}
function handOver({ syscalls, console, giveTerminal }             , master        )       {
  if (console === undefined) giveTerminal(master);
  else syscalls.sendDescriptor(console, master, "/dev/ptmx");
  syscalls.close(master);
  if (console !== undefined) syscalls.close(console);
}
function takeTerminal(syscalls          , slave        )       {
  syscalls.makeControllingTerminal(slave);
  for (const fd of [0, 1, 2]) syscalls.duplicateTo(slave, fd);
  syscalls.close(slave);
}
return { openTerminal, mountConsole, handOver, takeTerminal };
})();
// src/linux/capabilities.ts
const m41 = (() => {
const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN " +
  "NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME " +
  "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON " +
  "BPF CHECKPOINT_RESTORE";
const capabilityNames                    = names.split(" ").map((name) => `CAP_${name}`);
function capabilityBit(name        )                     {
  const bit = capabilityNames.indexOf(name);
  return bit < 0 ? undefined : bit;
}
function capabilityMask(list                               , last        )                 {
  let mask = 0n;
  const unknown           = [];
  for (const name of list ?? []) {
    const bit = capabilityBit(name);
    if (bit === undefined || bit > last) unknown.push(name);
    else mask |= 1n << BigInt(bit);
  }
  return { mask, unknown };
}
function capabilityBits(mask        )           {
  return capabilityNames.map((_name, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
return { capabilityNames, capabilityBit, capabilityMask, capabilityBits };
})();
// src/runtime/init/look-path.ts
const m42 = (() => {
const { isErrno: isErrno } = m0;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
function obstacle(path        , syscalls                                           )                     {
  try {
    if (syscalls.statusOf(path).type === "folder") return "is a directory";
    syscalls.mayExecute(path);
    return undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return `stat ${path}: no such file or directory`;
    if (isErrno(error, "ENOTDIR")) return `stat ${path}: not a directory`;
    if (isErrno(error, "EACCES")) return "permission denied";
    return messageOf(error);
  }
}
function lookPath(name        , env                   , syscalls                                           )         {
  const refuse = (why        )        => {
    throw new RuntimeError(`exec: ${JSON.stringify(name)}: ${why}`);
  };
  if (name.includes("/")) {
    const why = obstacle(name, syscalls);
    return why === undefined ? name : refuse(why);
  }
  const path = env.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  for (const folder of path.split(":")) {
    const candidate = `${folder === "" ? "." : folder}/${name}`;
    if (obstacle(candidate, syscalls) === undefined) return candidate;
  }
  return refuse("executable file not found in $PATH");
}
return { lookPath };
})();
// src/runtime/init/scheduling.ts
const m43 = (() => {
const { RuntimeError: RuntimeError } = m1;
const personas                                   = { LINUX: 0, LINUX32: 8 };
const ioClasses                                   = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 };
const policies                                   = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};
const schedulerFlags                                   = {
  SCHED_FLAG_RESET_ON_FORK: 1n,
  SCHED_FLAG_RECLAIM: 2n,
  SCHED_FLAG_DL_OVERRUN: 4n,
  SCHED_FLAG_KEEP_POLICY: 8n,
  SCHED_FLAG_KEEP_PARAMS: 16n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64n,
};
function known   (table                             , name        , what        )    {
  if (!Object.hasOwn(table, name)) throw new RuntimeError(`invalid ${what}: ${name}`);
  return table[name] ;
}
function applyPersonality(syscalls          , personality                            )       {
  if (personality) syscalls.personality(known(personas, personality.domain, "personality"));
}
function applyScheduling(syscalls          , { ioPriority, scheduler }               )       {
  if (ioPriority) syscalls.ioprioSet((known(ioClasses, ioPriority.class, "I/O priority class") << 13) | ioPriority.priority);
  if (!scheduler) return;
  const { policy, nice = 0, priority = 0, flags = [], runtime = 0, deadline = 0, period = 0 } = scheduler;
  let bits = 0n;
  for (const flag of flags) bits |= known(schedulerFlags, flag, "scheduler flag");
  syscalls.schedSetattr({
    policy: known(policies, policy, "scheduler policy"),
    flags: bits,
    nice,
    priority,
    runtime: BigInt(runtime),
    deadline: BigInt(deadline),
    period: BigInt(period),
  });
}
return { applyPersonality, applyScheduling };
})();
// src/runtime/init/identity.ts
const m44 = (() => {
function assembleFilter(...args) { return new.target ? new (later(2)["src/linux/seccomp/filter.ts"].assembleFilter)(...args) : later(2)["src/linux/seccomp/filter.ts"].assembleFilter(...args); }
const { capabilityBits: capabilityBits } = m41;
const { capabilityMask: capabilityMask } = m41;
const { isErrno: isErrno } = m0;
const { rlimits: rlimits } = m2;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { lookPath: lookPath } = m42;
const { applyScheduling: applyScheduling } = m43;
const rlimitNofile = 7;
const nullDevice = 0x103;
const setpcap = 8n;
function setLimits({ syscalls, request }             , process               )       {
  const limits = process.rlimits ?? [];
  for (const { type, soft, hard } of limits) {
    try {
      syscalls.setRlimit(rlimits[type] , { soft: BigInt.asUintN(64, BigInt(soft)), hard: BigInt.asUintN(64, BigInt(hard)) });
    } catch (error) {
      throw new RuntimeError(`error setting rlimit type ${rlimits[type]}: ${messageOf(error)}`, { cause: error });
    }
  }
  if (request.softNofile !== undefined && !limits.some(({ type }) => type === "RLIMIT_NOFILE")) {
    const { hard } = syscalls.getRlimit(rlimitNofile);
    const soft = BigInt(request.softNofile);
    syscalls.setRlimit(rlimitNofile, { soft: soft < hard ? soft : hard, hard });
  }
}
function dropBounding(syscalls          , mask        , last        )       {
  const unwanted = Array.from({ length: last + 1 }, (_none, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 0n);
  const mayDrop = ((syscalls.capabilities().effective >> setpcap) & 1n) === 1n;
  const there = mayDrop ? unwanted : unwanted.filter((bit) => syscalls.hasBounding(bit));
  syscalls.together(() => there.forEach((bit) => syscalls.dropBounding(bit)));
}
function changeUser({ syscalls, request }             , process               )       {
  const { uid = 0, gid = 0, additionalGids = [], umask } = process.user ?? {};
  syscalls.setKeepcaps(true);
  try {
    syscalls.setgroups(additionalGids);
  } catch (error) {
    if (!isErrno(error, "EPERM") || !request.userNamespace || additionalGids.length > 0) throw error;
  }
  syscalls.setresgid(gid);
  syscalls.setresuid(uid);
  syscalls.umask(umask ?? 0o022);
}
function ownStdio(syscalls          , uid        )       {
  for (const fd of [0, 1, 2]) {
    try {
      const { uid: owner, gid, device } = syscalls.status(fd);
      if (owner !== uid && device !== nullDevice) syscalls.chown(fd, uid, gid);
    } catch (error) {
      if (!isErrno(error, "EINVAL", "EPERM", "EROFS", "EBADF")) throw error;
    }
  }
}
function enterFolder(syscalls          , cwd        )             {
  const check = ()       => {
    if (!syscalls.getcwd().startsWith("/"))
      throw new RuntimeError("current working directory is outside of container mount namespace root");
  };
  try {
    syscalls.chdir(cwd);
    check();
    return () => undefined;
  } catch (error) {
    if (!isErrno(error, "EACCES")) throw refusedFolder(cwd, error);
    return () => {
      try {
        syscalls.chdir(cwd);
        check();
      } catch (again) {
        throw refusedFolder(cwd, again);
      }
    };
  }
}
function refusedFolder(cwd        , error         )        {
  if (error instanceof RuntimeError) return error;
  return new RuntimeError(`chdir to cwd (${JSON.stringify(cwd)}) set in config.json failed: ${messageOf(error).replace(/^.*: /u, "")}`, {
    cause: error,
  });
}
const masksOf = (
  process               ,
  last        ,
)                                                                                        => {
  return (set) => capabilityMask(process.capabilities?.[set], last).mask;
};
function filterOf(config        )                     {
  return config.linux?.seccomp ? assembleFilter(config.linux.seccomp, globalThis.process.arch) : undefined;
}
function prepare(context             , process               , filter                    )           {
  const { syscalls, request } = context;
  const masks = masksOf(process, request.lastCapability);
  applyScheduling(syscalls, process);
  setLimits(context, process);
  dropBounding(syscalls, masks("bounding"), request.lastCapability);
  ownStdio(syscalls, process.user?.uid ?? 0);
  const enterAsUser = enterFolder(syscalls, process.cwd);
  changeUser(context, process);
  enterAsUser();
  const env = lastOfEach(process.env ?? []);
  const args = process.args ?? [];
  const path = lookPath(args[0] ?? "", env, syscalls);
  const held = filter && !process.noNewPrivileges ? syscalls.capabilities() : undefined;
  return { path, args, env: withHome(syscalls, env, process.user?.uid ?? 0), filter, held };
}
function lastOfEach(env                   )                    {
  const nameOf = (entry        )         => entry.split("=", 1)[0] ?? "";
  const last = new Map(env.map((entry, index) => [nameOf(entry), index]));
  return env.filter((entry, index) => last.get(nameOf(entry)) === index);
}
function withHome(syscalls          , env                   , uid        )                    {
  return env.some((entry) => entry.startsWith("HOME=") && entry !== "HOME=")
    ? env
    : [...env.filter((entry) => entry !== "HOME="), `HOME=${homeOf(syscalls, uid)}`];
}
function homeOf(syscalls          , uid        )         {
  try {
    const lines = syscalls.readFile("/etc/passwd").split("\n");
    const home = lines.map((line) => line.split(":")).find((fields) => fields[2] === `${uid}`)?.[5];
    return home || "/";
  } catch {
    return "/";
  }
}
function become(
  context                                           ,
  process               ,
  { path, args, env, filter, held }          ,
)        {
  const { syscalls, request } = context;
  const masks = masksOf(process, request.lastCapability);
  syscalls.resetSignals();
  const kept = 3 + request.preserveFds;
  for (let fd = 0; fd < kept; fd++) syscalls.keepOnExec(fd);
  syscalls.closeOnExecFrom(kept);
  if (filter && !process.noNewPrivileges) {
    if (held) syscalls.capset({ ...held, effective: held.permitted });
    syscalls.installSeccomp(filter.program, filter.flags);
  }
  syscalls.capset({ effective: masks("effective"), permitted: masks("permitted"), inheritable: masks("inheritable") });
  syscalls.setKeepcaps(false);
  syscalls.clearAmbient();
  for (const bit of capabilityBits(masks("ambient") & masks("permitted") & masks("inheritable"))) syscalls.raiseAmbient(bit);
  if (process.noNewPrivileges) {
    syscalls.setNoNewPrivs();
    if (filter) syscalls.installSeccomp(filter.program, filter.flags);
  }
  return syscalls.execve(path, args, env);
}
return { filterOf, prepare, become };
})();
// src/runtime/init/inside.ts
const m45 = (() => {
const { isErrno: isErrno } = m0;
const { openFlags: openFlags } = m3;
const { resolveFlags: resolveFlags } = m2;
const { RuntimeError: RuntimeError } = m1;
const attempts = 64;
const linkLimit = 40;
class Inside {
           #syscalls          ;
           fd        ;
  constructor(syscalls          , root        ) {
    this.#syscalls = syscalls;
    this.fd = root;
  }
  open(path        , flags         = openFlags.path, mode = 0)         {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#syscalls.openat2(this.fd, path, { flags, mode, resolve: resolveFlags.inRoot });
      } catch (error) {
        if (!isErrno(error, "EAGAIN") || attempt === attempts) throw error;
      }
    }
  }
  tryOpen(path        , flags         = openFlags.path)                     {
    try {
      return this.open(path, flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }
  with   (fd        , use                   )    {
    try {
      return use(fd);
    } finally {
      this.#syscalls.close(fd);
    }
  }
  status(fd        )             {
    return this.#syscalls.status(fd);
  }
  exists(path        )          {
    const fd = this.tryOpen(path);
    if (fd !== undefined) this.#syscalls.close(fd);
    return fd !== undefined;
  }
  makeFolder(path        , mode = 0o755, links = 0)         {
    const found = this.tryOpen(path, openFlags.pathDirectory);
    if (found !== undefined) return found;
    const [parent, name] = split(path);
    if (name === "") throw new RuntimeError(`${path} is not a folder`);
    return this.with(this.makeFolder(parent, 0o755, links), (directory) => {
      const target = this.#linkTarget(directory, name);
      if (target !== undefined) {
        if (links === linkLimit) throw new RuntimeError(`${path}: too many links`);
        return this.makeFolder(target.startsWith("/") ? target : `${parent}/${target}`, mode, links + 1);
      }
      try {
        this.#syscalls.mkdirat(directory, name, mode);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
      return this.#syscalls.openat2(directory, name, {
        flags: openFlags.pathDirectory,
        resolve: resolveFlags.beneath | resolveFlags.noSymlinks,
      });
    });
  }
  makeFile(path        , links = 0)         {
    const found = this.tryOpen(path);
    if (found !== undefined) return found;
    const [parent, name] = split(path);
    return this.with(this.makeFolder(parent), (directory) => {
      const target = this.#linkTarget(directory, name);
      if (target !== undefined) {
        if (links === linkLimit) throw new RuntimeError(`${path}: too many links`);
        return this.makeFile(target.startsWith("/") ? target : `${parent}/${target}`, links + 1);
      }
      const resolve = resolveFlags.beneath | resolveFlags.noSymlinks;
      this.#syscalls.close(this.#syscalls.openat2(directory, name, { flags: openFlags.create, mode: 0o755, resolve }));
      return this.#syscalls.openat2(directory, name, { flags: openFlags.path, resolve });
    });
  }
  #linkTarget(directory        , name        )                     {
    try {
      return this.#syscalls.readlinkat(directory, name);
    } catch (error) {
      if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
      throw error;
    }
  }
}
function split(path        )                   {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop() ?? "";
  if (name === "..") throw new RuntimeError(`path ends in "..": ${path}`);
  return [`/${parts.join("/")}`, name];
}
return { Inside, split };
})();
// src/runtime/mount-options.ts
const m46 = (() => {
const { mountAttributes: mountAttributes } = m2;
const { propagationFlags: propagationFlags } = m2;
const { readonly: ro, nosuid, nodev, noexec, atimeMask, relatime, noatime, strictatime, nodiratime, nosymfollow } = mountAttributes;
const attributes                                                                  = {
  ro: [ro, 0],
  rw: [0, ro],
  nosuid: [nosuid, 0],
  suid: [0, nosuid],
  nodev: [nodev, 0],
  dev: [0, nodev],
  noexec: [noexec, 0],
  exec: [0, noexec],
  noatime: [noatime, atimeMask],
  atime: [relatime, atimeMask],
  relatime: [relatime, atimeMask],
  norelatime: [0, 0],
  strictatime: [strictatime, atimeMask],
  nostrictatime: [relatime, atimeMask],
  nodiratime: [nodiratime, 0],
  diratime: [0, nodiratime],
  nosymfollow: [nosymfollow, 0],
  symfollow: [0, nosymfollow],
};
const superFlags                                                                 = {
  sync: ["sync", true],
  async: ["sync", false],
  dirsync: ["dirsync", true],
  mand: ["mand", true],
  nomand: ["mand", false],
  lazytime: ["lazytime", true],
  nolazytime: ["lazytime", false],
};
const withoutEffect = ["defaults", "acl", "noacl", "iversion", "noiversion", "loud", "silent"];
const propagations                                                                      = Object.fromEntries(
  (Object.keys(propagationFlags)                 ).flatMap((type) => [
    [type, { type, recursive: false }],
    [`r${type}`, { type, recursive: true }],
  ]),
);
const mountOptionNames                    = [
  "bind",
  "rbind",
  "remount",
  "idmap",
  "ridmap",
  ...Object.keys(attributes),
  ...Object.keys(attributes).map((name) => `r${name}`),
  ...Object.keys(superFlags),
  ...withoutEffect,
  ...Object.keys(propagations),
].toSorted();
function change(draft       , [set, clear]                           )       {
  draft.set = (draft.set & ~clear) | set;
  draft.clear = (draft.clear & ~set) | clear;
}
function planMount(options                    = [], type = "")            {
  const own        = { set: 0, clear: 0 };
  const below        = { set: 0, clear: 0 };
  const flags = new Map                 ();
  const propagation                                              = [];
  const data           = [];
  let [bind, recursive, remount] = [type === "bind" || type === "rbind", type === "rbind", false];
  let idmap                     = false;
  const known =    (table                             , name        )                =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  for (const option of options) {
    const attribute = known(attributes, option);
    const recursiveAttribute = option.startsWith("r") ? known(attributes, option.slice(1)) : undefined;
    const flag = known(superFlags, option);
    const spread = known(propagations, option);
    if (option === "bind") bind = true;
    else if (option === "rbind") bind = recursive = true;
    else if (option === "remount") remount = true;
    else if (option === "idmap") idmap = "plain";
    else if (option === "ridmap") idmap = "recursive";
    else if (attribute) change(own, attribute);
    else if (recursiveAttribute) change(below, recursiveAttribute);
    else if (flag) flags.set(...flag);
    else if (spread) propagation.push(spread);
    else if (!withoutEffect.includes(option)) data.push(option);
  }
  const on = [...flags].filter(([, value]) => value).map(([name]) => name);
  const [recursiveSet, recursiveClear] = [below.set, below.clear];
  return { bind, recursive, remount, ...own, recursiveSet, recursiveClear, superFlags: on, propagation, data, idmap };
}
return { mountOptionNames, planMount };
})();
// src/runtime/init/copy-up.ts
const m47 = (() => {
const { chmodSync: chmodSync } = require("node:fs");
const { closeSync: closeSync } = require("node:fs");
const { constants: constants } = require("node:fs");
const { fstatSync: fstatSync } = require("node:fs");
const { lchownSync: lchownSync } = require("node:fs");
const { mkdirSync: mkdirSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { readdirSync: readdirSync } = require("node:fs");
const { readlinkSync: readlinkSync } = require("node:fs");
const { readSync: readSync } = require("node:fs");
const { symlinkSync: symlinkSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { join: join } = require("node:path");
const { openFlags: openFlags } = m3;
const { RuntimeError: RuntimeError } = m1;
const chunkBytes = 65_536;
function copyBytes(source        , target        , mode        )       {
  const out = openSync(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let length = readSync(source, chunk); length > 0; length = readSync(source, chunk)) writeSync(out, chunk, 0, length);
  } finally {
    closeSync(out);
  }
}
function copyOne(inside        , from        , to        )       {
  inside.with(inside.open(from, openFlags.pathNoFollow), (found) => {
    const status = fstatSync(found);
    if (status.isSymbolicLink()) symlinkSync(readlinkSync(`/proc/self/fd/${found}`), to);
    else if (status.isDirectory()) {
      mkdirSync(to);
      copyUp(inside, from, to);
    } else if (status.isFile()) inside.with(inside.open(from, constants.O_RDONLY | constants.O_NOFOLLOW), (fd) => copyBytes(fd, to, 0o600));
    else throw new RuntimeError(`tmpcopyup: ${from} is neither a file, a folder nor a link`);
    lchownSync(to, status.uid, status.gid);
    if (!status.isSymbolicLink()) chmodSync(to, status.mode & 0o7777);
  });
}
function copyUp(inside        , from        , to        )       {
  const names = inside.with(inside.open(from, constants.O_RDONLY | constants.O_DIRECTORY), (fd) => readdirSync(`/proc/self/fd/${fd}`));
  for (const name of names) copyOne(inside, join(from, name), join(to, name));
}
return { copyUp };
})();
// src/runtime/init/mounts.ts
const m48 = (() => {
const { resolve: resolve } = require("node:path");
const { AT_FDCWD: AT_FDCWD } = m2;
const { isErrno: isErrno } = m0;
const { mountAttributes: mountAttributes } = m2;
const { openFlags: openFlags } = m3;
const { RuntimeError: RuntimeError } = m1;
const { planMount: planMount } = m46;
const { copyUp: copyUp } = m47;
const allowedInProc = new Set(
  [
    "cpuinfo",
    "diskstats",
    "meminfo",
    "stat",
    "swaps",
    "uptime",
    "loadavg",
    "slabinfo",
    "net/dev",
    "sys/kernel/ns_last_pid",
    "sys/crypto/fips_enabled",
  ].map((name) => `/proc/${name}`),
);
function checkProc(destination        , type        , plan           )       {
  const path = resolve("/", destination);
  if (path === "/proc" || path.startsWith("/proc/")) {
    if (path === "/proc" && !plan.bind && type === "proc") return;
    if (path === "/proc") throw new RuntimeError(`"${destination}" cannot be mounted because it is not of type proc`);
    if (!allowedInProc.has(path)) throw new RuntimeError(`"${destination}" cannot be mounted because it is inside /proc`);
  }
}
const mountFlags = mountAttributes.readonly | mountAttributes.nosuid | mountAttributes.nodev | mountAttributes.noexec;
function attributeBind(syscalls          , tree        , plan           )       {
  const { set, clear } = plan;
  if (set === 0 && clear === 0) return;
  if (set === 0) {
    tryClear(syscalls, tree, 0, clear);
    return;
  }
  tryClear(syscalls, tree, set, clear | (mountFlags & ~set));
}
function tryClear(syscalls          , tree        , set        , clear        )       {
  try {
    syscalls.mountSetattr(tree, { set, clear });
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    if (set !== 0) syscalls.mountSetattr(tree, { set, clear: clear & mountAttributes.atimeMask });
  }
}
function spread(syscalls          , tree        , plan           )       {
  if (plan.recursiveSet !== 0 || plan.recursiveClear !== 0)
    syscalls.mountSetattr(tree, { set: plan.recursiveSet, clear: plan.recursiveClear, recursive: true });
  for (const { type, recursive } of plan.propagation) syscalls.mountSetattr(tree, { propagation: type, recursive });
}
function bindMount(context              , mount             , plan           )       {
  const { syscalls, inside, bundle, mapping } = context;
  const source = resolve(bundle, mount.source ?? "");
  const tree = syscalls.openTree(AT_FDCWD, source, { recursive: plan.recursive });
  try {
    const target = syscalls.status(tree).type === "folder" ? inside.makeFolder(mount.destination) : inside.makeFile(mount.destination);
    inside.with(target, (fd) => {
      if (mapping !== undefined)
        syscalls.mountSetattr(tree, { set: mountAttributes.idmap, userNamespace: mapping, recursive: plan.idmap === "recursive" });
      attributeBind(syscalls, tree, plan);
      syscalls.moveMount(tree, fd);
      spread(syscalls, tree, plan);
    });
  } finally {
    syscalls.close(tree);
  }
}
function makeFileSystem(
  syscalls          ,
  { type, source, data, superFlags }                                                                                          ,
  attributes        ,
)         {
  const context = syscalls.fsopen(type);
  try {
    syscalls.together(() => {
      if (source !== "") syscalls.fsconfigString(context, "source", source);
      for (const flag of superFlags) syscalls.fsconfigFlag(context, flag);
      for (const option of data) {
        const at = option.indexOf("=");
        if (at < 0) syscalls.fsconfigFlag(context, option);
        else syscalls.fsconfigString(context, option.slice(0, at), option.slice(at + 1));
      }
      syscalls.fsconfigCreate(context);
    });
    return syscalls.fsmount(context, attributes);
  } finally {
    syscalls.close(context);
  }
}
function modeBelow(inside        , destination        , data                   )                     {
  if (data.some((option) => option.startsWith("mode="))) return undefined;
  const fd = inside.tryOpen(destination, openFlags.pathDirectory);
  return fd === undefined ? undefined : inside.with(fd, (open) => inside.status(open).mode & 0o7777);
}
function changeMode(syscalls          , tree        , mode        )       {
  const folder = syscalls.openat2(tree, ".", { flags: openFlags.read });
  syscalls.fchmod(folder, mode);
  syscalls.close(folder);
}
function ownMount(context              , mount             , plan           )       {
  const { syscalls, inside, late } = context;
  const type = mount.type ?? "";
  const ordinary = type === "proc" || type === "sysfs";
  const isLate = (plan.set & mountAttributes.readonly) !== 0 && (type === "tmpfs" || resolve("/", mount.destination) === "/dev");
  const wantsReadonly = (plan.set & mountAttributes.readonly) !== 0 && !isLate;
  const data = plan.data.filter((option) => type !== "tmpfs" || option !== "tmpcopyup");
  const mode = type === "tmpfs" ? modeBelow(inside, mount.destination, data) : undefined;
  const superFlags = wantsReadonly ? [...plan.superFlags, "ro"] : plan.superFlags;
  const target = ordinary ? ordinaryFolder(inside, mount.destination, type) : inside.makeFolder(mount.destination);
  inside.with(target, (fd) => {
    const attributes = isLate ? plan.set & ~mountAttributes.readonly : plan.set;
    const tree = makeFileSystem(syscalls, { type, source: mount.source ?? type, data, superFlags }, attributes);
    if (data.length < plan.data.length) copyUp(inside, mount.destination, `/proc/self/fd/${tree}`);
    if (mode !== undefined) changeMode(syscalls, tree, mode);
    syscalls.moveMount(tree, fd);
    spread(syscalls, tree, plan);
    if (isLate) late.push(() => syscalls.mountSetattr(tree, { set: mountAttributes.readonly }));
    late.push(() => syscalls.close(tree));
  });
}
function ordinaryFolder(inside        , destination        , type        )         {
  const plain = inside.tryOpen(destination, openFlags.pathNoFollow);
  if (plain === undefined) return inside.makeFolder(destination);
  if (inside.status(plain).type !== "folder") throw new RuntimeError(`filesystem "${type}" must be mounted on ordinary directory`);
  return plain;
}
function remount({ syscalls, inside }              , mount             , plan           )       {
  inside.with(inside.open(mount.destination), (fd) => {
    if (plan.set !== 0 || plan.clear !== 0) syscalls.mountSetattr(fd, { set: plan.set, clear: plan.clear });
    spread(syscalls, fd, plan);
  });
}
function mountOne(context              , mount             )       {
  const plan = planMount(mount.options, mount.type);
  checkProc(mount.destination, mount.type ?? "", plan);
  try {
    if (plan.remount) remount(context, mount, plan);
    else if (plan.bind) bindMount(context, mount, plan);
    else if (mount.type === "cgroup" || mount.type === "cgroup2") context.cgroups(mount, plan);
    else ownMount(context, mount, plan);
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    const about = `error mounting ${JSON.stringify(mount.source ?? "")} to rootfs at ${JSON.stringify(mount.destination)}`;
    throw new RuntimeError(`${about}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
function bindsDev(mounts                        )          {
  return mounts.some(({ destination, type, options }) => resolve("/", destination) === "/dev" && planMount(options, type).bind);
}
return { makeFileSystem, mountOne, bindsDev };
})();
// src/runtime/init/cgroup-mounts.ts
const m49 = (() => {
const { basename: basename } = require("node:path");
const { AT_FDCWD: AT_FDCWD } = m2;
const { CgroupGroup: CgroupGroup } = m21;
const { machineHierarchies: machineHierarchies } = m21;
const { mountAttributes: mountAttributes } = m2;
const { makeFileSystem: makeFileSystem } = m48;
function place(context                    , tree        , destination        , plan           )       {
  const { syscalls, inside } = context;
  try {
    syscalls.mountSetattr(tree, { set: plan.set });
    inside.with(inside.makeFolder(destination), (fd) => syscalls.moveMount(tree, fd));
    for (const { type, recursive } of plan.propagation) syscalls.mountSetattr(tree, { propagation: type, recursive });
  } finally {
    syscalls.close(tree);
  }
}
function ownGroup(syscalls          )              {
  return new CgroupGroup(
    machineHierarchies((path) => syscalls.readFile(path)),
    "",
  );
}
function mountCgroups(context                    , mount             , plan           )       {
  const { syscalls, inside, namespaced } = context;
  const group = ownGroup(syscalls);
  const newTree = (type        , data                   , source = "cgroup")         =>
    makeFileSystem(syscalls, { type, source, data, superFlags: [] }, plan.set);
  const boundTree = (folder        )         => syscalls.openTree(AT_FDCWD, folder, { recursive: false });
  if (group.unified) {
    place(context, namespaced ? newTree("cgroup2", plan.data) : boundTree(group.places[0] .folder), mount.destination, plan);
    return;
  }
  const top = makeFileSystem(
    syscalls,
    { type: "tmpfs", source: "tmpfs", data: ["mode=755"], superFlags: [] },
    plan.set & ~mountAttributes.readonly,
  );
  inside.with(inside.makeFolder(mount.destination), (fd) => syscalls.moveMount(top, fd));
  syscalls.close(top);
  for (const { version, controllers, mountPoint, folder } of group.places) {
    if (version === 2) continue;
    const name = basename(mountPoint);
    const tree = namespaced ? newTree("cgroup", controllers, name === "systemd" ? name : undefined) : boundTree(folder);
    place(context, tree, `${mount.destination}/${name}`, plan);
    linkControllers(context, mount.destination, name, controllers);
  }
}
function linkControllers(
  { syscalls, inside }                    ,
  destination        ,
  folder        ,
  controllers                   ,
)       {
  if (controllers.length < 2) return;
  inside.with(inside.makeFolder(destination), (fd) => {
    for (const controller of controllers)
      if (controller !== folder && !controller.startsWith("name=")) syscalls.symlinkat(folder, fd, controller);
  });
}
return { mountCgroups };
})();
// src/runtime/init/devices.ts
const m50 = (() => {
const { AT_FDCWD: AT_FDCWD } = m2;
const { deviceNumber: deviceNumber } = m3;
const { isErrno: isErrno } = m0;
const { openFlags: openFlags } = m3;
const { RuntimeError: RuntimeError } = m1;
const { split: split } = m45;
const device = (name        , major        , minor        )               => ({
  path: `/dev/${name}`,
  type: "c",
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});
const defaultDevices                          = [
  device("null", 1, 3),
  device("zero", 1, 5),
  device("full", 1, 7),
  device("random", 1, 8),
  device("urandom", 1, 9),
  device("tty", 5, 0),
];
const links                                                       = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
];
const typeBits                                   = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 };
function makeNode(syscalls          , directory        , name        , entry              )       {
  const { type, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0, path } = entry;
  const bits = typeBits[type];
  if (bits === undefined) throw new RuntimeError(`${JSON.stringify(type)} is not a device type (${path})`);
  try {
    syscalls.mknodat(directory, name, bits | (fileMode & 0o7777), deviceNumber(major, minor));
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    throw error;
  }
  syscalls.fchownat(directory, name, uid, gid);
}
function mountNode(syscalls          , inside        , path        )       {
  const tree = syscalls.openTree(AT_FDCWD, path, { recursive: false });
  inside.with(tree, (from) => inside.with(inside.makeFile(path), (fd) => syscalls.moveMount(from, fd)));
}
function createDevices(syscalls          , inside        , configured                         , mounted         )       {
  const own = new Set(configured.map(({ path }) => path));
  const mask = syscalls.umask(0);
  for (const entry of [...defaultDevices.filter(({ path }) => !own.has(path)), ...configured]) {
    if (split(entry.path).join("/") === "/dev/ptmx") continue; // Belongs to the container's own devpts.
    if (mounted) {
      mountNode(syscalls, inside, entry.path);
      continue;
    }
    const [folder, name] = split(entry.path);
    try {
      inside.with(inside.makeFolder(folder), (directory) => makeNode(syscalls, directory, name, entry));
    } catch (error) {
      if (!isErrno(error, "EPERM")) throw error;
      mountNode(syscalls, inside, entry.path);
    }
  }
  syscalls.umask(mask);
}
function linkDevices(syscalls          , inside        )       {
  inside.with(inside.makeFolder("/dev"), (directory) => {
    for (const [name, target] of [...links, ["ptmx", "pts/ptmx"]         ]) {
      try {
        syscalls.symlinkat(target, directory, name);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
    }
  });
}
function openNull(syscalls          , isNull                         )         {
  const fd = syscalls.openat2(AT_FDCWD, "/dev/null", { flags: openFlags.pathNoFollow });
  if (!isNull(fd)) throw new RuntimeError("/dev/null is not the null device");
  return fd;
}
return { defaultDevices, createDevices, linkDevices, openNull };
})();
// src/runtime/init/paths.ts
const m51 = (() => {
const { mountAttributes: mountAttributes } = m2;
const { openNull: openNull } = m50;
const { makeFileSystem: makeFileSystem } = m48;
const nullDevice = 0x103;
function maskPaths(syscalls          , inside        , paths                   )       {
  if (paths.length === 0) return;
  inside.with(
    openNull(syscalls, (fd) => syscalls.status(fd).device === nullDevice),
    (nothing) => {
      for (const path of paths) {
        const target = inside.tryOpen(path);
        if (target === undefined) continue;
        inside.with(target, (fd) =>
          inside.with(
            syscalls.status(fd).type === "folder" ? emptyFolder(syscalls) : syscalls.openTree(nothing, "", { recursive: false }),
            (tree) => syscalls.moveMount(tree, fd),
          ),
        );
      }
    },
  );
}
function emptyFolder(syscalls          )         {
  return makeFileSystem(syscalls, { type: "tmpfs", source: "tmpfs", data: [], superFlags: ["ro"] }, mountAttributes.readonly);
}
function makeReadonly(syscalls          , inside        , paths                   )       {
  for (const path of paths) {
    const target = inside.tryOpen(path);
    if (target === undefined) continue;
    inside.with(target, (fd) =>
      inside.with(syscalls.openTree(fd, "", { recursive: true }), (tree) => {
        syscalls.together(() => {
          syscalls.mountSetattr(tree, { set: mountAttributes.readonly });
          syscalls.moveMount(tree, fd);
        });
      }),
    );
  }
}
return { maskPaths, makeReadonly };
})();
// src/runtime/init/rootfs.ts
const m52 = (() => {
const { AT_FDCWD: AT_FDCWD } = m2;
const { mountAttributes: mountAttributes } = m2;
const { openFlags: openFlags } = m3;
const { mountCgroups: mountCgroups } = m49;
const { createDevices: createDevices } = m50;
const { linkDevices: linkDevices } = m50;
const { Inside: Inside } = m45;
const { bindsDev: bindsDev } = m48;
const { mountOne: mountOne } = m48;
const { makeReadonly: makeReadonly } = m51;
const { maskPaths: maskPaths } = m51;
const withRoot =    (syscalls          , use                     )    => {
  const root = syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.path });
  try {
    return use(root);
  } finally {
    syscalls.close(root);
  }
};
function propagationOf(text        )                                                   {
  const recursive = text.startsWith("r");
  return { propagation: (recursive ? text.slice(1) : text)               , recursive };
}
function mountPointOf(path        , mountinfo        )         {
  const points = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "");
  const above = points.filter((point) => point !== "" && (point === "/" || path === point || path.startsWith(`${point}/`)));
  return above.reduce((longest, point) => (point.length > longest.length ? point : longest), "/");
}
function cutPropagation(syscalls          , linux             , rootfs        )       {
  const wanted = linux.rootfsPropagation ? propagationOf(linux.rootfsPropagation) : { propagation: "slave"         , recursive: true };
  withRoot(syscalls, (root) => syscalls.mountSetattr(root, wanted));
  const point = mountPointOf(rootfs, syscalls.readFile("/proc/self/mountinfo"));
  const fd = syscalls.openat2(AT_FDCWD, point, { flags: openFlags.path });
  syscalls.mountSetattr(fd, { propagation: "private" });
  syscalls.close(fd);
}
function mountRoot(syscalls          , rootfs        )         {
  const target = syscalls.openat2(AT_FDCWD, rootfs, { flags: openFlags.pathDirectory });
  const tree = syscalls.openTree(target, "", { recursive: true });
  syscalls.moveMount(tree, target);
  syscalls.close(target);
  return tree;
}
function buildRootfs({ syscalls, request, mappings }             )       {
  const { config, rootfs, bundle, userNamespace } = request;
  const linux = config.linux ?? {};
  const mounts = config.mounts ?? [];
  cutPropagation(syscalls, linux, rootfs);
  const inside = new Inside(syscalls, mountRoot(syscalls, rootfs));
  const late                 = [];
  const namespaced = (linux.namespaces ?? []).some(({ type }) => type === "cgroup");
  const cgroups = (mount             , plan           )       => mountCgroups({ syscalls, inside, namespaced }, mount, plan);
  for (const [index, mount] of mounts.entries()) mountOne({ syscalls, inside, bundle, late, cgroups, mapping: mappings.get(index) }, mount);
  if (!bindsDev(mounts)) {
    createDevices(syscalls, inside, linux.devices ?? [], userNamespace);
    linkDevices(syscalls, inside);
  }
  makeReadonly(syscalls, inside, linux.readonlyPaths ?? []);
  maskPaths(syscalls, inside, linux.maskedPaths ?? []);
  return { inside, finish: () => late.forEach((step) => step()) };
}
function changeRoot(syscalls          , inside        )       {
  const old = syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory });
  syscalls.fchdir(inside.fd);
  syscalls.pivotRootHere();
  syscalls.mountSetattr(old, { propagation: "slave", recursive: true });
  syscalls.fchdir(old);
  syscalls.close(old);
  syscalls.unmountDetached(".");
  syscalls.chdir("/");
}
function coverRoot(syscalls          , inside        )       {
  withRoot(syscalls, (root) => syscalls.moveMount(inside.fd, root));
  syscalls.fchdir(inside.fd);
  syscalls.chrootHere();
  syscalls.chdir("/");
}
function chrootInto(syscalls          , rootfs        )       {
  const root = syscalls.openat2(AT_FDCWD, rootfs, { flags: openFlags.pathDirectory });
  syscalls.fchdir(root);
  syscalls.chrootHere();
  syscalls.close(root);
  syscalls.chdir("/");
}
function rootReadonly(syscalls          )       {
  withRoot(syscalls, (root) => syscalls.mountSetattr(root, { set: mountAttributes.readonly }));
}
function finalPropagation(syscalls          , text                    )       {
  if (!text) return;
  const wanted = propagationOf(text);
  if (wanted.propagation !== "private") withRoot(syscalls, (root) => syscalls.mountSetattr(root, wanted));
}
return { buildRootfs, changeRoot, coverRoot, chrootInto, rootReadonly, finalPropagation };
})();
// src/runtime/init/create.ts
const m53 = (() => {
const { AT_FDCWD: AT_FDCWD } = m2;
const { CLONE_FS: CLONE_FS } = m2;
const { isErrno: isErrno } = m0;
const { namespaceFlags: namespaceFlags } = m2;
const { openFlags: openFlags } = m3;
const { hasHooks: hasHooks } = m15;
const { runHooks: runHooks } = m15;
const { attributeFiles: attributeFiles } = m39;
const { openConfinement: openConfinement } = m39;
const { mountConsole: mountConsole } = m40;
const { handOver: handOver } = m40;
const { openTerminal: openTerminal } = m40;
const { takeTerminal: takeTerminal } = m40;
const { become: become } = m44;
const { filterOf: filterOf } = m44;
const { prepare: prepare } = m44;
const { Inside: Inside } = m45;
const { buildRootfs: buildRootfs } = m52;
const { changeRoot: changeRoot } = m52;
const { chrootInto: chrootInto } = m52;
const { coverRoot: coverRoot } = m52;
const { finalPropagation: finalPropagation } = m52;
const { rootReadonly: rootReadonly } = m52;
const { applyPersonality: applyPersonality } = m43;
function joinCgroups(syscalls          , doors                   )       {
  for (const door of doors) syscalls.writeFile(door, "0");
}
function joinNamespaces({ syscalls, request }             )       {
  const opened = request.join.map(({ path, flag }) => ({ fd: syscalls.openRead(path), flag }));
  for (const { fd, flag } of opened) {
    if (flag === namespaceFlags.mount) syscalls.unshare(CLONE_FS);
    syscalls.setns(fd, flag);
    syscalls.close(fd);
  }
}
function becomeRootGroup(syscalls          )       {
  try {
    syscalls.setgroups([]);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
  }
  syscalls.setresgid(0);
}
function enterNamespaces(context             )       {
  const { syscalls, request } = context;
  const { config } = request;
  if (request.userNamespace) syscalls.setresuid(0);
  joinNamespaces(context);
  if (request.newNamespaces !== 0) syscalls.unshare(request.newNamespaces);
  if (request.userNamespace) becomeRootGroup(syscalls);
  if ((request.newNamespaces & namespaceFlags.network) !== 0) syscalls.interfaceUp("lo");
  if (config.hostname) syscalls.sethostname(config.hostname);
  if (config.domainname) syscalls.setdomainname(config.domainname);
  for (const [name, value] of Object.entries(config.linux?.sysctl ?? {}))
    syscalls.writeFile(`/proc/sys/${name.includes("/") ? name : name.replaceAll(".", "/")}`, value);
}
function buildTree(context             )       {
  const { syscalls, request } = context;
  const { config, process } = request;
  const linux = config.linux ?? {};
  const tree = (linux.namespaces ?? []).some(({ type }) => type === "mount") ? buildRootfs(context) : undefined;
  if (request.outsideHooks) context.outsideHooks();
  runHooks(config, "createContainer", request.hookState);
  if (tree) {
    if (request.noPivot) coverRoot(syscalls, tree.inside);
    else changeRoot(syscalls, tree.inside);
    syscalls.close(tree.inside.fd);
  } else chrootInto(syscalls, request.rootfs);
  const root = new Inside(syscalls, syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory }));
  if (process?.cwd) root.with(root.makeFolder(process.cwd), () => undefined);
  const terminal = process?.terminal ? openTerminal(context, root, process) : undefined;
  if (terminal && tree) mountConsole(syscalls, root, terminal.slave);
  syscalls.setsid();
  if (terminal) {
    handOver(context, terminal.master);
    takeTerminal(syscalls, terminal.slave);
  }
  syscalls.close(root.fd);
  if (!tree) return;
  tree.finish();
  finalPropagation(syscalls, linux.rootfsPropagation);
  if (config.root?.readonly) rootReadonly(syscalls);
}
function waitForStart(syscalls          , fifo        )       {
  syscalls.read(fifo, 1);
  syscalls.awaitFile(fifo);
  syscalls.close(fifo);
}
function initCreate(context             )       {
  const { syscalls, request, fifo } = context;
  const { config, process: spec } = request;
  joinCgroups(syscalls, request.cgroupDoors);
  const confine = openConfinement(request, attributeFiles(syscalls));
  const filter = filterOf(config);
  const hooked = hasHooks(config, "startContainer");
  enterNamespaces(context);
  if (request.newKeyring) newKeyring(syscalls, `_ses.${request.id}`);
  applyPersonality(syscalls, config.linux?.personality);
  buildTree(context);
  const prepared = spec && prepare(context, spec, filter);
  confine();
  context.leave((last) => {
    waitForStart(last, fifo);
    if (!spec || !prepared) return;
    if (hooked) runHooks(config, "startContainer", { ...request.hookState, status: "created" });
    become({ syscalls: last, request }, spec, prepared);
  });
}
function newKeyring(syscalls          , name        )       {
  try {
    syscalls.joinNewSessionKeyring(name);
  } catch (error) {
    if (!isErrno(error, "ENOSYS", "EPERM", "EDQUOT")) throw error;
  }
}
return { joinCgroups, joinNamespaces, initCreate };
})();
// src/runtime/init/exec.ts
const m54 = (() => {
const { AT_FDCWD: AT_FDCWD } = m2;
const { openFlags: openFlags } = m3;
const { RuntimeError: RuntimeError } = m1;
const { attributeFiles: attributeFiles } = m39;
const { openConfinement: openConfinement } = m39;
const { handOver: handOver } = m40;
const { openTerminal: openTerminal } = m40;
const { takeTerminal: takeTerminal } = m40;
const { joinCgroups: joinCgroups } = m53;
const { joinNamespaces: joinNamespaces } = m53;
const { become: become } = m44;
const { filterOf: filterOf } = m44;
const { prepare: prepare } = m44;
const { Inside: Inside } = m45;
const { applyPersonality: applyPersonality } = m43;
function initExec(context             )       {
  const { syscalls, request } = context;
  const { config, process: spec } = request;
  if (!spec) throw new RuntimeError("no process");
  syscalls.close(context.fifo);
  joinCgroups(syscalls, request.cgroupDoors);
  const confine = openConfinement(request, attributeFiles(syscalls));
  const filter = filterOf(config);
  joinNamespaces(context);
  if (request.userNamespace) {
    syscalls.setresgid(0);
    syscalls.setresuid(0);
  }
  applyPersonality(syscalls, config.linux?.personality);
  syscalls.setsid();
  if (spec.terminal) {
    const root = new Inside(syscalls, syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory }));
    const { master, slave } = openTerminal(context, root, spec);
    handOver(context, master);
    takeTerminal(syscalls, slave);
    syscalls.close(root.fd);
  }
  const prepared = prepare(context, spec, filter);
  confine();
  context.leave((last) => become({ syscalls: last, request }, spec, prepared));
}
return { initExec };
})();
// src/runtime/init/request.ts
const m55 = (() => {
function descriptorsFrom(socket        , request             )                                                     {
  const after = socket + (request.hasConsole ? 4 : 3);
  return {
    fifo: socket + 2,
    console: request.hasConsole ? socket + 3 : undefined,
    mappings: new Map(request.mappedMounts.map((mount, index) => [mount, after + index])),
  };
}
return { descriptorsFrom };
})();
// src/runtime/by-hand.ts
const m56 = (() => {
const { Hand: Hand } = m34;
const { handProgram: handProgram } = m38;
const { hasHand: hasHand } = m38;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { hasHooks: hasHooks } = m15;
const { initCreate: initCreate } = m53;
const { initExec: initExec } = m54;
const { descriptorsFrom: descriptorsFrom } = m55;
const { messageBoundMs: messageBoundMs } = m14;
function handIsHere(rootless         )          {
  return hasHand(process.arch) && !rootless;
}
function isForHand(config        , rootless         )          {
  if (!handIsHere(rootless)) return false;
  if (hasHooks(config, "createContainer", "startContainer")) return false;
  if ((config.linux?.namespaces ?? []).some(({ type }) => type === "user")) return false;
  return !(config.mounts ?? []).some(({ options }) => options?.includes("tmpcopyup"));
}
const handSocket = (syscalls          )                   => {
  const pair = syscalls.socketPair("packets");
  syscalls.boundReceive(pair[0], messageBoundMs);
  return pair;
};
function handAsFirst(syscalls          , preserveFds        , id        )               {
  return { fd: syscalls.sealedFile("dhow-hand", handProgram(3 + preserveFds)), argv0: "dhow-runtime", words: () => ["init", id] };
}
function workByHand(own          , socket        , request             , outsideHooks            )                     {
  const first = 3 + request.preserveFds;
  const hand = new Hand(socket, first);
  const { syscalls } = hand;
  let master                    ;
  const context              = {
    syscalls,
    request,
    outsideHooks,
    giveTerminal: (fd) => {
      master = hand.take(fd, own);
    },
    leave: (last) => hand.leave(last),
    ...descriptorsFrom(first, request),
  };
  try {
    syscalls.setDumpable(false);
    syscalls.setName("dhow:init");
    syscalls.close(first + 1);
    if (request.kind === "exec") initExec(context);
    else initCreate(context);
  } catch (error) {
    throw new RuntimeError(`unable to start container process: ${messageOf(error)}`, { cause: error });
  }
  return master;
}
return { handIsHere, isForHand, handSocket, handAsFirst, workByHand };
})();
// src/runtime/device-rules.ts
const m57 = (() => {
const rule = (major                    , minor                    , access = "rwm", type = "c")             => ({
  allow: true,
  type,
  access,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
});
const defaultDeviceRules                        = [
  rule(undefined, undefined, "m"),
  rule(undefined, undefined, "m", "b"),
  rule(1, 3),
  rule(1, 8),
  rule(1, 7),
  rule(5, 0),
  rule(1, 5),
  rule(1, 9),
  rule(136, undefined), // terminals
  rule(5, 2),
];
return { defaultDeviceRules };
})();
// src/runtime/launch.ts
const m58 = (() => {
function spawn(...args) { return new.target ? new (require("node:child_process").spawn)(...args) : require("node:child_process").spawn(...args); }
const { closeSync: closeSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { AT_FDCWD: AT_FDCWD } = m2;
const { isErrno: isErrno } = m0;
const { mountAttributes: mountAttributes } = m2;
const { namespaceFlags: namespaceFlags } = m2;
const { RuntimeError: RuntimeError } = m1;
function nodeAsFirst(syscalls          , entry                   , { sayBorn, unmapped }             )               {
  const birth = unmapped ? ["--unmapped"] : sayBorn ? ["--say-born"] : [];
  return { fd: protectedNode(syscalls), words: (socket) => [...nodeFlags, ...entry, "init", `${socket}`, ...birth] };
}
const nodeFlags = ["--disable-proto=delete", "--no-warnings", "--max-semi-space-size=1"];
function protectedNode(syscalls          )         {
  try {
    const tree = syscalls.openTree(AT_FDCWD, process.execPath, { recursive: false });
    syscalls.mountSetattr(tree, { set: mountAttributes.readonly });
    return tree;
  } catch (error) {
    if (isErrno(error, "EPERM")) return openSync(process.execPath, "r");
    throw error;
  }
}
function launch(syscalls          , request               )           {
  const own = openSync("/proc/self/ns/pid", "r");
  const { program, prefix } = request;
  const { pidNamespace, timeOffsets, preserveFds } = request;
  if (pidNamespace === "new") syscalls.unshare(namespaceFlags.pid);
  else if (pidNamespace !== undefined) joinPid(syscalls, pidNamespace);
  if (timeOffsets) {
    syscalls.unshare(namespaceFlags.time);
    if (timeOffsets.length > 0) syscalls.writeFile("/proc/self/timens_offsets", `${timeOffsets.join("\n")}\n`);
  }
  const kept = Array.from({ length: preserveFds }, (_none, index) => 3 + index);
  const first = 3 + preserveFds;
  const command = [...prefix, `/proc/self/fd/${first + 1}`, ...program.words(first)];
  try {
    const child = spawn(command[0] , command.slice(1), {
      stdio: [
        ...request.stdio,
        ...kept,
        request.socket,
        program.fd,
        request.fifo,
        ...(request.console === undefined ? [] : [request.console]),
        ...(request.more ?? []),
      ],
      ...(program.argv0 === undefined ? {} : { argv0: program.argv0 }),
      env: {},
      cwd: "/",
    });
    child.on("error", () => undefined);
    if (child.pid === undefined) throw new RuntimeError(`unable to start the container's first process: ${command[0]}`);
    child.unref();
    return { pid: child.pid, child };
  } finally {
    if (pidNamespace !== undefined) syscalls.setns(own, namespaceFlags.pid);
    closeSync(own);
    closeSync(program.fd);
  }
}
function joinPid(syscalls          , path        )       {
  const fd = openSync(path, "r");
  try {
    syscalls.setns(fd, namespaceFlags.pid);
  } finally {
    closeSync(fd);
  }
}
return { nodeAsFirst, launch };
})();
// src/runtime/user-namespace.ts
const m59 = (() => {
function spawnSync(...args) { return new.target ? new (require("node:child_process").spawnSync)(...args) : require("node:child_process").spawnSync(...args); }
const { existsSync: existsSync } = require("node:fs");
const { RuntimeError: RuntimeError } = m1;
const { receive: receive } = m14;
function tool(name        )         {
  const path = [`/usr/bin/${name}`, `/bin/${name}`, `/usr/sbin/${name}`].find((candidate) => existsSync(candidate));
  if (path === undefined) throw new RuntimeError(`user and time namespaces need ${name} of util-linux, which this machine lacks`);
  return path;
}
function userPrefix(namespaces                                    )             {
  const path = namespaces.get("user");
  if (path === undefined) return { prefix: [], isNew: false, forks: false };
  if (path !== "") return { prefix: [tool("nsenter"), `--user=${path}`, ...asItsRoot(), "--"], isNew: false, forks: false };
  const forks = namespaces.get("pid") === "";
  return { prefix: [tool("unshare"), "--user", "--keep-caps", ...(forks ? ["--pid", "--fork"] : []), "--"], isNew: true, forks };
}
const asItsRoot = ()                    => (process.getuid?.() === 0 ? [] : ["--preserve-credentials"]);
function enterPrefix({ user, time, pid }                   )                    {
  const options = [
    ...(user === undefined ? [] : [`--user=${user}`, ...asItsRoot()]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(pid === undefined ? [] : [`--pid=${pid}`]),
  ];
  return options.length === 0 ? [] : [tool("nsenter"), ...options, "--"];
}
const lines = (mappings                      )         =>
  mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}`).join("\n");
function writeMap(syscalls          , pid        , kind               , mappings                      )       {
  const own = kind === "uid" ? process.getuid?.() : process.getgid?.();
  const [only] = mappings;
  if (process.getuid?.() === 0 || (mappings.length === 1 && only?.size === 1 && only.hostID === own)) {
    syscalls.writeFile(`/proc/${pid}/${kind}_map`, `${lines(mappings)}\n`);
    return;
  }
  const words = mappings.flatMap(({ containerID, hostID, size }) => [`${containerID}`, `${hostID}`, `${size}`]);
  const { status, stderr } = spawnSync(tool(`new${kind}map`), [`${pid}`, ...words], { encoding: "utf8" });
  if (status !== 0) throw new RuntimeError(`new${kind}map: ${stderr.trim()}`);
}
function mapUser(syscalls          , socket        , config        , child        )         {
  const message = receive(socket, syscalls);
  if (message?.type !== "born") throw new RuntimeError("unable to start container process: no new user namespace could be made");
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  const ownGroupOnly = process.getuid?.() !== 0 && gidMappings.length === 1 && gidMappings[0]?.size === 1;
  if (ownGroupOnly) syscalls.writeFile(`/proc/${message.pid}/setgroups`, "deny");
  writeMap(syscalls, message.pid, "uid", uidMappings);
  writeMap(syscalls, message.pid, "gid", gidMappings);
  return message.pid > 0 ? message.pid : child;
}
return { tool, userPrefix, enterPrefix, writeMap, mapUser };
})();
// src/runtime/mapped-mounts.ts
const m60 = (() => {
function spawn(...args) { return new.target ? new (require("node:child_process").spawn)(...args) : require("node:child_process").spawn(...args); }
const { openSync: openSync } = require("node:fs");
const { readlinkSync: readlinkSync } = require("node:fs");
const { RuntimeError: RuntimeError } = m1;
const { pause: pause } = m12;
const { planMount: planMount } = m46;
const { tool: tool } = m59;
const { writeMap: writeMap } = m59;
const attempts = 5000;
function holdNamespace(syscalls          , uids                      , gids                      )         {
  const child = spawn(tool("unshare"), ["--user", "--", tool("sleep"), "60"], { stdio: "ignore", env: {} });
  const { pid } = child;
  if (pid === undefined) throw new RuntimeError("unable to make a user namespace for a mount");
  try {
    const own = readlinkSync("/proc/self/ns/user");
    for (let attempt = 0; readlinkSync(`/proc/${pid}/ns/user`) === own; attempt++) {
      if (attempt === attempts || child.exitCode !== null) throw new RuntimeError("unable to make a user namespace for a mount");
      pause();
    }
    writeMap(syscalls, pid, "uid", uids);
    writeMap(syscalls, pid, "gid", gids);
    return openSync(`/proc/${pid}/ns/user`, "r");
  } finally {
    child.kill("SIGKILL");
    child.unref();
  }
}
function mappedMounts(syscalls          , config        )                {
  return (config.mounts ?? []).flatMap(({ uidMappings = [], gidMappings = [], options, type }, mount) => {
    if (uidMappings.length > 0) return [{ mount, namespace: holdNamespace(syscalls, uidMappings, gidMappings) }];
    if (planMount(options, type).idmap === false) return [];
    return [{ mount, namespace: holdNamespace(syscalls, config.linux?.uidMappings ?? [], config.linux?.gidMappings ?? []) }];
  });
}
return { mappedMounts };
})();
// src/runtime/outer-terminal.ts
const m61 = (() => {
const { closeSync: closeSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { isErrno: isErrno } = m0;
const { RuntimeError: RuntimeError } = m1;
function requireTerminal()       {
  const { isatty } = process.getBuiltinModule("node:tty");
  if ([0, 1, 2].some((fd) => isatty(fd))) return;
  try {
    closeSync(openSync("/dev/tty", "r"));
  } catch (error) {
    if (isErrno(error, "ENXIO", "ENOENT", "ENODEV", "EACCES"))
      throw new RuntimeError("open /dev/tty: no such device or address", { cause: error });
    throw error;
  }
}
return { requireTerminal };
})();
// src/linux/seccomp/names.ts
const m62 = (() => {
const architectures = {
  SCMP_ARCH_X86_64: { token: 0xc000003e, table: "x86_64" },
  SCMP_ARCH_X86: { token: 0x40000003, table: "x86" },
  SCMP_ARCH_X32: { token: 0xc000003e, table: "x32" },
  SCMP_ARCH_AARCH64: { token: 0xc00000b7, table: "aarch64" },
  SCMP_ARCH_ARM: { token: 0x40000028, table: "arm" },
}         ;
const architectureNames                    = Object.keys(architectures);
const foreignArchitectures                    =
  "MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64"
    .split(" ")
    .map((name) => `SCMP_ARCH_${name}`);
return { architectures, architectureNames, foreignArchitectures };
})();
// src/linux/seccomp/profile.ts
const m63 = (() => {
const { architectureNames: architectureNames } = m62;
const { foreignArchitectures: foreignArchitectures } = m62;
const EPERM = 1;
const actions                                                                  = {
  SCMP_ACT_KILL: () => 0,
  SCMP_ACT_KILL_THREAD: () => 0,
  SCMP_ACT_KILL_PROCESS: () => 0x80000000,
  SCMP_ACT_TRAP: () => 0x00030000,
  SCMP_ACT_ERRNO: (errno = EPERM) => 0x00050000 | (errno & 0xffff),
  SCMP_ACT_TRACE: (errno = EPERM) => 0x7ff00000 | (errno & 0xffff),
  SCMP_ACT_LOG: () => 0x7ffc0000,
  SCMP_ACT_ALLOW: () => 0x7fff0000,
};
const actionNames                    = Object.keys(actions);
const operatorNames = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
]         ;
const flagBits                                   = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
};
const flagNames                    = Object.keys(flagBits);
function action(name        , errno                    )         {
  if (name === "SCMP_ACT_NOTIFY") throw new Error("seccomp: SCMP_ACT_NOTIFY is not supported");
  if (!Object.hasOwn(actions, name)) throw new Error(`seccomp: unknown action ${name}`);
  return actions[name] (errno) >>> 0;
}
function comparison({ index, op, value, valueTwo = 0 }                 )             {
  if (!operatorNames.includes(op            )) throw new Error(`seccomp: unknown operator ${op}`);
  if (!Number.isInteger(index) || index < 0 || index > 5) throw new Error(`seccomp: a system call has no argument ${index}`);
  return { index, op: op            , value: BigInt.asUintN(64, BigInt(value)), valueTwo: BigInt.asUintN(64, BigInt(valueTwo)) };
}
function alternatives(args                            )                                     {
  const comparisons = args.map(comparison);
  const twice = new Set(comparisons.map(({ index }) => index)).size < comparisons.length;
  return twice ? comparisons.map((one) => [one]) : [comparisons];
}
function readProfile(profile                )               {
  if (profile.listenerPath) throw new Error("seccomp: listenerPath (user notification) is not supported");
  for (const name of profile.architectures ?? [])
    if (!architectureNames.includes(name) && !foreignArchitectures.includes(name)) throw new Error(`seccomp: unknown architecture ${name}`);
  let flags = 0;
  for (const flag of profile.flags ?? []) {
    if (!Object.hasOwn(flagBits, flag)) throw new Error(`seccomp flag ${JSON.stringify(flag)} is not supported`);
    flags |= flagBits[flag] ;
  }
  const defaultAction = action(profile.defaultAction, profile.defaultErrnoRet);
  const rules         = [];
  for (const entry of profile.syscalls ?? []) {
    const act = action(entry.action, entry.errnoRet);
    if (act === defaultAction) continue;
    for (const comparisons of alternatives(entry.args ?? []))
      for (const name of entry.names) rules.push({ name, action: act, comparisons });
  }
  const named = (profile.syscalls ?? []).flatMap(({ names }) => names);
  return { defaultAction, architectures: profile.architectures ?? [], flags, rules, named };
}
return { actionNames, operatorNames, flagNames, readProfile };
})();
// src/runtime/validate.ts
const m64 = (() => {
const { capabilityNames: capabilityNames } = m41;
const { namespaceFlags: namespaceFlags } = m2;
const { readProfile: readProfile } = m63;
const { rlimits: rlimits } = m2;
const { RuntimeError: RuntimeError } = m1;
const { planMount: planMount } = m46;
function refuse(text        )        {
  throw new RuntimeError(text);
}
const namespaceTypes = Object.keys(namespaceFlags)                   ;
function namespacesOf(linux              = {})                             {
  const found = new Map                       ();
  for (const { type, path = "" } of linux.namespaces ?? []) {
    if (!namespaceTypes.includes(type                 )) refuse(`namespace ${JSON.stringify(type)} does not exist`);
    if (found.has(type                 )) refuse(`malformed spec file: duplicated ns {${JSON.stringify(type)} ${JSON.stringify(path)}}`);
    if (path !== "" && !path.startsWith("/")) refuse(`namespace path ${JSON.stringify(path)} is not absolute`);
    found.set(type                 , path);
  }
  return found;
}
function checkSysctls(sysctl                                  , namespaces                                    )       {
  const ipc = /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/u;
  for (const name of Object.keys(sysctl)) {
    const dotted = name.replaceAll("/", ".");
    const allowed = (type               )       => {
      if (!namespaces.has(type)) refuse(`sysctl ${JSON.stringify(name)} is not allowed in the hosts ${type} namespace`);
    };
    if (ipc.test(dotted)) allowed("ipc");
    else if (dotted.startsWith("net.")) allowed("network");
    else if (dotted === "kernel.domainname") allowed("uts");
    else if (dotted.startsWith("user.")) allowed("user");
    else if (dotted === "kernel.hostname") refuse(`sysctl: "kernel.hostname" conflicts with the OCI "hostname" field`);
    else refuse(`sysctl ${JSON.stringify(name)} is not in a separate kernel namespace`);
    if (dotted.includes("..")) refuse(`sysctl ${JSON.stringify(name)} is not a name`);
  }
}
const mapsNothing = (list                                )          => (list ?? []).length === 0;
function checkUserNamespace(linux             , namespaces                                    )       {
  const isNew = namespaces.get("user") === "";
  if (!namespaces.has("user") && !(mapsNothing(linux.uidMappings) && mapsNothing(linux.gidMappings)))
    refuse("User namespace mappings specified, but USER namespace isn't enabled in the config");
  if (isNew && (mapsNothing(linux.uidMappings) || mapsNothing(linux.gidMappings)))
    refuse("User namespaces enabled, but no user or group ID mappings found");
}
function checkLinux(config        , linux             )       {
  const namespaces = namespacesOf(linux);
  for (const field of ["intelRdt", "memoryPolicy", "netDevices"]         ) if (linux[field]) refuse(`linux.${field} is not supported`);
  if (linux.mountLabel) refuse("linux.mountLabel: selinux label is specified in config, but selinux is disabled or not supported");
  if (!namespaces.has("mount")) {
    if ((linux.maskedPaths ?? []).length > 0 || (linux.readonlyPaths ?? []).length > 0)
      refuse("unable to restrict sys entries without a private MNT namespace");
    if (linux.rootfsPropagation) refuse("linux.rootfsPropagation needs a mount namespace");
  }
  if (config.hostname && !namespaces.has("uts")) refuse("unable to set hostname without a private UTS namespace");
  if (config.domainname && !namespaces.has("uts")) refuse("unable to set domainname without a private UTS namespace");
  if (linux.timeOffsets && Object.keys(linux.timeOffsets).length > 0 && namespaces.get("time") !== "")
    refuse("time namespace offsets are set, but there is no new time namespace");
  if (namespaces.get("time")) refuse("joining a time namespace by path is not supported");
  checkUserNamespace(linux, namespaces);
  checkSysctls(linux.sysctl ?? {}, namespaces);
  for (const key of ["rootfsPropagation"]         ) {
    const value = linux[key];
    if (value && !/^r?(?:shared|slave|private|unbindable)$/u.test(value)) refuse(`rootfsPropagation=${value} is not supported`);
  }
  for (const { path, type } of linux.devices ?? [])
    if (!/^[bcup]$/u.test(type)) refuse(`invalid device type ${JSON.stringify(type)} for ${path}`);
  if (linux.personality && !/^LINUX(?:32)?$/u.test(linux.personality.domain))
    refuse(`invalid personality domain ${JSON.stringify(linux.personality.domain)}`);
  if ((linux.personality?.flags ?? []).length > 0) refuse("additional flags for personality are not supported");
  const swappiness = linux.resources?.memory?.swappiness;
  if (swappiness !== undefined && !(swappiness >= 0 && swappiness <= 100))
    refuse(`invalid memory swappiness value: ${swappiness} (valid range is 0-100)`);
  if (linux.seccomp) readProfile(linux.seccomp);
}
function checkProcess(process               , machine                 )       {
  if (!process.cwd) refuse("Cwd property must not be empty");
  if (!process.cwd.startsWith("/")) refuse("Cwd must be an absolute path");
  if ((process.args ?? []).length === 0) refuse("args must not be empty");
  for (const text of [...(process.args ?? []), ...(process.env ?? [])])
    if (text.includes("\0")) refuse("args and env must not contain NUL");
  const seen = new Set        ();
  for (const { type, soft, hard } of process.rlimits ?? []) {
    if (!Object.hasOwn(rlimits, type)) refuse(`invalid rlimit type: ${type}`);
    if (seen.has(type)) refuse(`rlimit ${type} is there twice`);
    if (BigInt(soft) > BigInt(hard)) refuse(`rlimit ${type}: soft limit is above the hard one`);
    seen.add(type);
  }
  if (process.apparmorProfile && !machine.appArmor) refuse("apparmor: config provided but apparmor not supported");
  if (process.selinuxLabel)
    refuse(
      machine.seLinux
        ? "process.selinuxLabel is not supported"
        : "selinux label is specified in config, but selinux is disabled or not supported",
    );
  if (process.execCPUAffinity) refuse("process.execCPUAffinity is not supported");
  const { ioPriority } = process;
  if (ioPriority && !/^IOPRIO_CLASS_(?:RT|BE|IDLE)$/u.test(ioPriority.class))
    refuse(`invalid io priority class ${JSON.stringify(ioPriority.class)}`);
  if (ioPriority && !(ioPriority.priority >= 0 && ioPriority.priority <= 7)) refuse("process.ioPriority.priority must be between 0 and 7");
}
function unknownCapabilities(process               )           {
  const all = Object.values(process.capabilities ?? {}).flat();
  return [...new Set(all.filter((name) => !capabilityNames.includes(name)))];
}
function checkMappedMount(mount             , linux             )       {
  const { bind, idmap } = planMount(mount.options, mount.type);
  const mapped = !mapsNothing(mount.uidMappings) || !mapsNothing(mount.gidMappings);
  if (!mapped && idmap === false) return;
  if (!bind) refuse(`mount ${mount.destination}: id-mapped mounts are only supported for bind-mounts`);
  if (mapsNothing(mount.uidMappings) !== mapsNothing(mount.gidMappings))
    refuse(`mount ${mount.destination}: both uidMappings and gidMappings must be there, or none`);
  if (!mapped && mapsNothing(linux.uidMappings))
    refuse(`mount ${mount.destination}: ${idmap === "recursive" ? "ridmap" : "idmap"} without mappings`);
}
function validate(config        , machine                 )       {
  const version = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/u.exec(config.ociVersion ?? "");
  if (!version || version[1] !== "1") refuse(`unsupported spec version ${JSON.stringify(config.ociVersion ?? "")}`);
  for (const key of ["vm", "windows", "solaris", "zos"]         ) if (config[key] && !config.linux) refuse(`${key} is not supported`);
  if (!config.root?.path) refuse("Root path is not set");
  if (config.process) checkProcess(config.process, machine);
  for (const mount of config.mounts ?? []) {
    if (!mount.destination) refuse("mount destination must not be empty");
    checkMappedMount(mount, config.linux ?? {});
  }
  for (const [phase, hooks] of Object.entries(config.hooks ?? {}))
    for (const { path, timeout } of hooks ?? []) {
      if (!path?.startsWith("/")) refuse(`hook path ${JSON.stringify(path)} of ${phase} is not absolute`);
      if (timeout !== undefined && timeout <= 0) refuse(`hook timeout of ${phase} must be greater than zero`);
    }
  checkLinux(config, config.linux ?? {});
}
return { namespaceTypes, namespacesOf, checkProcess, unknownCapabilities, validate };
})();
// src/runtime/create.ts
const m65 = (() => {
const { closeSync: closeSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { readFileSync: readFileSync } = require("node:fs");
const { realpathSync: realpathSync } = require("node:fs");
const { renameSync: renameSync } = require("node:fs");
const { writeFileSync: writeFileSync } = require("node:fs");
const { userInfo: userInfo } = require("node:os");
const { join: join } = require("node:path");
const { resolve: resolve } = require("node:path");
const { AT_FDCWD: AT_FDCWD } = m2;
const { namespaceFlags: namespaceFlags } = m2;
const { processStartTime: processStartTime } = m22;
const { handAsFirst: handAsFirst } = m56;
const { handSocket: handSocket } = m56;
const { isForHand: isForHand } = m56;
const { workByHand: workByHand } = m56;
const { parseExactJson: parseExactJson } = m13;
const { defaultDeviceRules: defaultDeviceRules } = m57;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { hasHooks: hasHooks } = m15;
const { runEndHooks: runEndHooks } = m15;
const { runHooks: runHooks } = m15;
const { launch: launch } = m58;
const { nodeAsFirst: nodeAsFirst } = m58;
const { pause: pause } = m12;
const { mappedMounts: mappedMounts } = m60;
const { requireTerminal: requireTerminal } = m61;
const { receive: receive } = m14;
const { send: send } = m14;
const { checkId: checkId } = m23;
const { claimFolder: claimFolder } = m23;
const { fifoPath: fifoPath } = m23;
const { groupOf: groupOf } = m23;
const { removeState: removeState } = m23;
const { saveState: saveState } = m23;
const { specState: specState } = m23;
const { mapUser: mapUser } = m59;
const { userPrefix: userPrefix } = m59;
const { namespacesOf: namespacesOf } = m64;
const { validate: validate } = m64;
function readConfig(bundle        )         {
  const path = join(bundle, "config.json");
  try {
    return parseExactJson(readFileSync(path, "utf8"))          ;
  } catch (error) {
    if ((error                         ).code === "ENOENT") throw new RuntimeError(`JSON specification file ${path} not found`);
    throw new RuntimeError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}
function namespacePlan(namespaces                                    )                                              {
  const later                           = ["ipc", "uts", "network", "cgroup", "mount"];
  let newNamespaces = 0;
  const toJoin                                   = [];
  for (const type of later) {
    const path = namespaces.get(type);
    if (path === "") newNamespaces |= namespaceFlags[type];
    else if (path !== undefined) toJoin.push({ path, flag: namespaceFlags[type] });
  }
  return { newNamespaces, join: toJoin };
}
function timeOffsets(config        )                                {
  if (namespacesOf(config.linux).get("time") !== "") return undefined;
  return Object.entries(config.linux?.timeOffsets ?? {}).map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}`);
}
function checkConsole(options               , config        )       {
  const terminal = config.process?.terminal ?? false;
  if (terminal && options.consoleSocket === undefined && !options.attached)
    throw new RuntimeError("cannot allocate tty if the runtime will detach without setting console socket");
  if (options.consoleSocket !== undefined && (!terminal || options.attached))
    throw new RuntimeError("cannot use console socket if the runtime will not detach or allocate tty");
  if (terminal && options.attached) requireTerminal();
}
function create(machine         , options               )          {
  checkId(options.id);
  const bundle = resolve(options.bundle);
  const config = readConfig(bundle);
  validate(config, machine.features);
  checkConsole(options, config);
  const rootfs = rootfsOf(bundle, config);
  claimFolder(options.root, options.id);
  const state                 = {
    id: options.id,
    bundle,
    rootfs,
    config,
    pid: -1,
    startTime: "",
    rootless: machine.rootless,
    created: new Date(machine.nowMs()).toISOString(),
    owner: ownName(),
    cgroupsPath: config.linux?.cgroupsPath || options.id,
  };
  try {
    return createIn(machine, options, state);
  } catch (error) {
    try {
      groupOf(state).remove(pause);
    } catch {
    }
    removeState(options.root, options.id);
    runEndHooks(config, specState(state, "stopped"));
    throw error;
  }
}
function ownName()         {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? ""}`;
  }
}
function rootfsOf(bundle        , config        )         {
  const path = resolve(bundle, config.root?.path ?? "");
  try {
    return realpathSync(path);
  } catch (error) {
    throw new RuntimeError(`invalid rootfs: ${messageOf(error)}`, { cause: error });
  }
}
function makeGroup(machine         , state                )                    {
  const group = groupOf(state);
  const resources = state.config.linux?.resources ?? {};
  const rules = [...(resources.devices ?? []), ...defaultDeviceRules];
  try {
    group.create();
    group.apply({ ...resources, devices: rules }, machine.syscalls);
    return group.doors();
  } catch (error) {
    if (!state.rootless || Object.keys(resources).some((key) => key !== "devices")) throw error;
    return [];
  }
}
function createIn(machine         , options               , state                )          {
  const { syscalls } = machine;
  const { config } = state;
  const doors = makeGroup(machine, state);
  const fifoFile = fifoPath(options.root, options.id);
  syscalls.mknodat(AT_FDCWD, fifoFile, 0o010600, 0n);
  const fifo = openSync(fifoFile, "r+");
  const byHand = isForHand(config, machine.rootless);
  const [ours, theirs] = byHand ? handSocket(syscalls) : syscalls.socketPair();
  const console = options.consoleSocket === undefined ? undefined : syscalls.connectUnix(options.consoleSocket);
  const mapped = mappedMounts(syscalls, config);
  const namespaces = namespacesOf(config.linux);
  const user = userPrefix(namespaces);
  const pid = namespaces.get("pid");
  const launched = launch(syscalls, {
    pidNamespace: pid === "" ? (user.forks ? undefined : "new") : pid,
    timeOffsets: timeOffsets(config),
    prefix: user.prefix,
    stdio: [0, 1, 2],
    preserveFds: options.preserveFds,
    socket: theirs,
    fifo,
    console,
    more: mapped.map(({ namespace }) => namespace),
    program: byHand
      ? handAsFirst(syscalls, options.preserveFds, options.id)
      : nodeAsFirst(syscalls, machine.entry, { sayBorn: user.isNew, unmapped: user.isNew }),
  });
  for (const fd of [theirs, fifo, console, ...mapped.map(({ namespace }) => namespace)]) if (fd !== undefined) closeSync(fd);
  const child = launched.pid;
  let first = child;
  try {
    if (user.isNew) first = mapUser(syscalls, ours, config, child);
    const request = requestOf(machine, options, state, {
      doors: user.isNew || byHand ? joinFromOutside(doors, first) : doors,
      pid: first,
      mappedMounts: mapped.map(({ mount }) => mount),
    });
    const oomScoreAdj = config.process?.oomScoreAdj;
    if (oomScoreAdj !== undefined) syscalls.writeFile(`/proc/${first}/oom_score_adj`, `${oomScoreAdj}`);
    const known = { ...state, pid: first };
    const master = byHand ? workByHand(syscalls, ours, request, () => outsideHooks(known)) : converse(syscalls, ours, known, request);
    if (first !== child && !options.attached) process.kill(child, "SIGKILL");
    const created = { ...state, pid: first, startTime: processStartTime(first) ?? "" };
    saveState(options.root, created);
    if (options.pidFile !== undefined) writePidFile(options.pidFile, first);
    return { state: created, master, child: launched.child };
  } catch (error) {
    for (const one of new Set([child, first])) tryKill(one);
    throw error;
  } finally {
    closeSync(ours);
  }
}
function joinFromOutside(doors                   , pid        )                    {
  for (const door of doors) writeFileSync(door, `${pid}`);
  return [];
}
function requestOf(
  machine         ,
  options               ,
  state                ,
  { doors, pid, mappedMounts }                                                                            ,
)              {
  const { config, id, bundle, rootfs } = state;
  const namespaces = namespacesOf(config.linux);
  return {
    kind: "create",
    id,
    config,
    process: config.process,
    bundle,
    rootfs,
    cgroupDoors: doors,
    ...namespacePlan(namespaces),
    userNamespace: namespaces.has("user"),
    preserveFds: options.preserveFds,
    outsideHooks: hasHooks(config, "prestart", "createRuntime"),
    newKeyring: options.newKeyring,
    noPivot: options.noPivot,
    mappedMounts,
    lastCapability: machine.lastCapability,
    softNofile: machine.softNofile,
    hookState: specState({ ...state, pid }, "creating"),
    hasConsole: options.consoleSocket !== undefined,
  };
}
function outsideHooks(state                )       {
  runHooks(state.config, "prestart", specState(state, "creating"));
  runHooks(state.config, "createRuntime", specState(state, "creating"));
}
function converse(syscalls          , socket        , state                , request             )                     {
  send(socket, { type: "request", request });
  let master                    ;
  for (;;) {
    const message = receive(socket, syscalls);
    if (message === undefined) throw new RuntimeError("unable to start container process: it ended before it was ready");
    if (message.type === "ready") return master;
    if (message.type === "terminal") master = syscalls.receiveDescriptor(socket).fd;
    else if (message.type === "hooks") {
      outsideHooks(state);
      send(socket, { type: "go" });
    } else if (message.type === "error") throw new RuntimeError(`unable to start container process: ${message.message}`);
  }
}
function writePidFile(path        , pid        )       {
  writeFileSync(`${path}.new`, `${pid}`);
  renameSync(`${path}.new`, path);
}
function tryKill(pid        )       {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
  }
}
return { readConfig, create, writePidFile };
})();
// src/runtime/exec.ts
const m66 = (() => {
const { closeSync: closeSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { readlinkSync: readlinkSync } = require("node:fs");
const { namespaceFiles: namespaceFiles } = m2;
const { namespaceFlags: namespaceFlags } = m2;
const { handAsFirst: handAsFirst } = m56;
const { handIsHere: handIsHere } = m56;
const { handSocket: handSocket } = m56;
const { workByHand: workByHand } = m56;
const { writePidFile: writePidFile } = m65;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { launch: launch } = m58;
const { nodeAsFirst: nodeAsFirst } = m58;
const { requireTerminal: requireTerminal } = m61;
const { receive: receive } = m14;
const { send: send } = m14;
const { groupOf: groupOf } = m23;
const { loadState: loadState } = m23;
const { specState: specState } = m23;
const { statusOf: statusOf } = m23;
const { enterPrefix: enterPrefix } = m59;
const { checkProcess: checkProcess } = m64;
function foreignNamespaces(pid        )                             {
  const found = new Map                       ();
  for (const [type, file] of Object.entries(namespaceFiles)                             ) {
    const path = `/proc/${pid}/ns/${file}`;
    if (readlinkSync(path) !== readlinkSync(`/proc/self/ns/${file}`)) found.set(type, path);
  }
  return found;
}
function requestOf(
  machine         ,
  options             ,
  state                ,
  namespaces                                    ,
)              {
  const order                           = ["ipc", "uts", "network", "cgroup", "mount"];
  const join = order.flatMap((type) => {
    const path = namespaces.get(type);
    return path === undefined ? [] : [{ path, flag: namespaceFlags[type] }];
  });
  const { id, config, bundle, rootfs } = state;
  return {
    kind: "exec",
    id,
    config,
    process: options.process,
    bundle,
    rootfs,
    newNamespaces: 0,
    join,
    cgroupDoors: [],
    userNamespace: namespaces.has("user"),
    preserveFds: options.preserveFds,
    outsideHooks: false,
    newKeyring: false,
    noPivot: false,
    mappedMounts: [],
    lastCapability: machine.lastCapability,
    softNofile: machine.softNofile,
    hookState: specState(state, "running"),
    hasConsole: options.consoleSocket !== undefined,
  };
}
function check(options             , machine         )                 {
  const state = loadState(options.root, options.id);
  const status = statusOf(options.root, state);
  if (status === "stopped") throw new RuntimeError("cannot exec in a stopped container");
  if (status === "paused" && !options.ignorePaused)
    throw new RuntimeError("cannot exec in a paused container (use --ignore-paused to override)");
  checkProcess(options.process, machine.features);
  const terminal = options.process.terminal ?? false;
  if (terminal && options.detach && options.consoleSocket === undefined)
    throw new RuntimeError("cannot allocate tty if the runtime will detach without setting console socket");
  if (options.consoleSocket !== undefined && (!terminal || !options.detach))
    throw new RuntimeError("cannot use console socket if the runtime will not detach or allocate tty");
  if (terminal && !options.detach) requireTerminal();
  return state;
}
function joinGroup(machine         , state                , pid        )       {
  for (const door of groupOf(state).doors()) {
    try {
      machine.syscalls.writeFile(door, `${pid}`);
    } catch (error) {
      if (!state.rootless) throw error;
    }
  }
}
function exec(machine         , options             )           {
  const { syscalls } = machine;
  const state = check(options, machine);
  const namespaces = foreignNamespaces(state.pid);
  const [user, time] = [namespaces.get("user"), namespaces.get("time")];
  const forks = machine.rootless && user !== undefined;
  const prefix = enterPrefix({ user, time, pid: forks ? namespaces.get("pid") : undefined });
  const byHand = !forks && handIsHere(machine.rootless);
  const nothing = openSync("/dev/null", "r+");
  const [ours, theirs] = byHand ? handSocket(syscalls) : syscalls.socketPair();
  const console = options.consoleSocket === undefined ? undefined : syscalls.connectUnix(options.consoleSocket);
  const { pid: started, child } = launch(syscalls, {
    pidNamespace: forks ? undefined : namespaces.get("pid"),
    timeOffsets: undefined,
    prefix,
    stdio: [0, 1, 2],
    preserveFds: options.preserveFds,
    socket: theirs,
    fifo: nothing,
    console,
    program: byHand
      ? handAsFirst(syscalls, options.preserveFds, options.id)
      : nodeAsFirst(syscalls, machine.entry, { sayBorn: true, unmapped: false }),
  });
  for (const fd of [theirs, nothing, console]) if (fd !== undefined) closeSync(fd);
  try {
    const born = byHand ? undefined : receive(ours, syscalls);
    const pid = born?.type === "born" ? born.pid : started;
    joinGroup(machine, state, pid);
    if (options.process.oomScoreAdj !== undefined) syscalls.writeFile(`/proc/${pid}/oom_score_adj`, `${options.process.oomScoreAdj}`);
    const request = requestOf(machine, options, state, namespaces);
    const master = byHand ? workByHand(syscalls, ours, request, () => undefined) : converse(syscalls, ours, request);
    if (pid !== started && options.detach) process.kill(started, "SIGKILL");
    if (options.pidFile !== undefined) writePidFile(options.pidFile, pid);
    return { pid, master, child };
  } catch (error) {
    throw new RuntimeError(`exec failed: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(ours);
  }
}
function converse(syscalls          , socket        , request             )                     {
  send(socket, { type: "request", request });
  let master                    ;
  for (;;) {
    const message = receive(socket, syscalls);
    if (message === undefined) throw new RuntimeError("unable to start container process: it ended before it was ready");
    if (message.type === "error") throw new RuntimeError(`unable to start container process: ${message.message}`);
    if (message.type === "terminal") master = syscalls.receiveDescriptor(socket).fd;
    if (message.type === "ready") return master;
  }
}
function processFromArgs(state                , args                   , changes                        )                {
  const base = state.config.process ?? { cwd: "/" };
  const { env = [], ...rest } = changes;
  return { ...base, terminal: false, ...rest, args, env: [...(base.env ?? []), ...env] };
}
return { exec, processFromArgs };
})();
// src/runtime/list.ts
const m67 = (() => {
function spawnSync(...args) { return new.target ? new (require("node:child_process").spawnSync)(...args) : require("node:child_process").spawnSync(...args); }
const { RuntimeError: RuntimeError } = m1;
const { groupOf: groupOf } = m23;
const { listStates: listStates } = m23;
const { loadState: loadState } = m23;
const { specState: specState } = m23;
const { statusOf: statusOf } = m23;
function listed(root        , state                )                  {
  const { rootfs, created, owner } = state;
  const status = statusOf(root, state);
  const { annotations, ...rest } = specState(state, status)                                                                    ;
  return { ...rest, pid: status === "stopped" ? 0 : state.pid, rootfs, created, ...(annotations ? { annotations } : {}), owner };
}
function stateOf(root        , id        )                  {
  return listed(root, loadState(root, id));
}
function list(root        )                    {
  return listStates(root).map((state) => listed(root, state));
}
function listTable(containers                            )         {
  const rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
  for (const { id, pid, status, bundle, created, owner } of containers) rows.push([id, `${pid}`, status, bundle, created, owner]);
  const widths = rows[0] .map((_title, column) => Math.max(12, ...rows.map((row) => row[column] .length + 1)));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ))).join(""))
    .join("\n");
}
function processes(root        , id        )           {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") throw new RuntimeError("container is not running");
  return groupOf(state).pids();
}
function processTable(root        , id        , options                   )         {
  const pids = new Set(processes(root, id).map(String));
  const { stdout, error } = spawnSync("ps", options.length > 0 ? options : ["-ef"], { encoding: "utf8" });
  if (error) throw new RuntimeError(`ps: ${error.message}`);
  const [title = "", ...lines] = stdout.trimEnd().split("\n");
  const column = title.trim().split(/\s+/u).indexOf("PID");
  if (column < 0) throw new RuntimeError("couldn't find PID field in ps output");
  return [title, ...lines.filter((line) => pids.has(line.trim().split(/\s+/u)[column] ?? ""))].join("\n");
}
return { stateOf, list, listTable, processes, processTable };
})();
// src/runtime/spec.ts
const m68 = (() => {
const { specVersion: specVersion } = m23;
const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
const plain = ["nosuid", "noexec", "nodev"];
function exampleConfig(rootless                                          )         {
  const sets = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  const sys = rootless
    ? { destination: "/sys", type: "none", source: "/sys", options: ["rbind", ...plain, "ro"] }
    : { destination: "/sys", type: "sysfs", source: "sysfs", options: [...plain, "ro"] };
  const namespaces = ["pid", ...(rootless ? ["user"] : ["network"]), "ipc", "uts", "mount", "cgroup"];
  const map = (hostID        )                                                                   => [{ containerID: 0, hostID, size: 1 }];
  return {
    ociVersion: specVersion,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: sets,
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "dhow",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...(rootless ? [] : ["gid=5"])],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
      { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: plain },
      sys,
    ],
    linux: {
      ...(rootless
        ? { uidMappings: map(rootless.uid), gidMappings: map(rootless.gid) }
        : { resources: { devices: [{ allow: false, access: "rwm" }] } }),
      namespaces: namespaces.map((type) => ({ type })),
      maskedPaths: ["acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi"]
        .map((name) => `/proc/${name}`)
        .concat("/sys/firmware"),
      readonlyPaths: ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`),
    },
  };
}
return { exampleConfig };
})();
// src/linux/cgroups/stats.ts
const m69 = (() => {
const { readFileSync: readFileSync } = require("node:fs");
const { join: join } = require("node:path");
const tickNs = 10_000_000;
function table(text        )                         {
  const rows = text.split("\n").map((line) => line.split(/[\s:]+/u));
  return Object.fromEntries(rows.filter(([key]) => key !== "").map(([key, value]) => [key, Number(value)]));
}
const number = (text        )         => (text.trim() === "max" ? 0 : Number(text.trim() || 0));
function statsV1(of                              )              {
  const [cpu, account, memory, pids] = [of("cpu"), of("cpuacct"), of("memory"), of("pids")];
  const ticks = table(account("cpuacct.stat"));
  const throttled = table(cpu("cpu.stat"));
  const raw = table(memory("memory.stat"));
  return {
    cpu: {
      usage: {
        total: number(account("cpuacct.usage")),
        percpu: account("cpuacct.usage_percpu").trim().split(/\s+/u).filter(Boolean).map(Number),
        kernel: (ticks["system"] ?? 0) * tickNs,
        user: (ticks["user"] ?? 0) * tickNs,
      },
      throttling: {
        periods: throttled["nr_periods"] ?? 0,
        throttledPeriods: throttled["nr_throttled"] ?? 0,
        throttledTime: throttled["throttled_time"] ?? 0,
      },
    },
    memory: {
      cache: raw["cache"] ?? 0,
      usage: {
        limit: number(memory("memory.limit_in_bytes")),
        usage: number(memory("memory.usage_in_bytes")),
        max: number(memory("memory.max_usage_in_bytes")),
        failcnt: number(memory("memory.failcnt")),
      },
      raw,
    },
    pids: { current: number(pids("pids.current")), limit: number(pids("pids.max")) },
    oomKills: table(memory("memory.oom_control"))["oom_kill"] ?? 0,
  };
}
function statsV2(read      )              {
  const cpu = table(read("cpu.stat"));
  const raw = table(read("memory.stat"));
  const events = table(read("memory.events"));
  return {
    cpu: {
      usage: { total: (cpu["usage_usec"] ?? 0) * 1000, kernel: (cpu["system_usec"] ?? 0) * 1000, user: (cpu["user_usec"] ?? 0) * 1000 },
      throttling: {
        periods: cpu["nr_periods"] ?? 0,
        throttledPeriods: cpu["nr_throttled"] ?? 0,
        throttledTime: (cpu["throttled_usec"] ?? 0) * 1000,
      },
    },
    memory: {
      cache: raw["file"] ?? 0,
      usage: {
        limit: number(read("memory.max")),
        usage: number(read("memory.current")),
        max: number(read("memory.peak")),
        failcnt: events["max"] ?? 0,
      },
      raw,
    },
    pids: { current: number(read("pids.current")), limit: number(read("pids.max")) },
    oomKills: events["oom_kill"] ?? 0,
  };
}
function cgroupStats(group             )              {
  const reader =
    (folder                    )       =>
    (file) => {
      try {
        return folder === undefined ? "" : readFileSync(join(folder, file), "utf8");
      } catch {
        return "";
      }
    };
  if (group.unified) return statsV2(reader(group.places[0]?.folder));
  return statsV1((controller) => reader(group.places.find(({ controllers }) => controllers.includes(controller))?.folder));
}
return { cgroupStats };
})();
// src/runtime/update.ts
const m70 = (() => {
const { cgroupStats: cgroupStats } = m69;
const { RuntimeError: RuntimeError } = m1;
const { groupOf: groupOf } = m23;
const { loadState: loadState } = m23;
const { saveState: saveState } = m23;
const { statusOf: statusOf } = m23;
function merged(old                 , given                 )                  {
  const result                          = { ...old };
  for (const [key, value] of Object.entries(given)) {
    const before = result[key];
    const both = typeof value === "object" && value !== null && !Array.isArray(value) && typeof before === "object" && before !== null;
    result[key] = both ? { ...before, ...(value          ) } : value;
  }
  return result;
}
function update(syscalls          , root        , id        , given                 )       {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") throw new RuntimeError("container not running");
  const { devices: _devices, ...resources } = given;
  groupOf(state).apply(resources, syscalls);
  const linux = { ...state.config.linux, resources: merged(state.config.linux?.resources ?? {}, resources) };
  saveState(root, { ...state, config: { ...state.config, linux } });
}
function look(
  root        ,
  id        ,
  oomKillsBefore        ,
)                                                                      {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") return undefined;
  const { oomKills, ...data } = cgroupStats(groupOf(state));
  const stats                 = { type: "stats", id, data: { ...data, blkio: {}, hugetlb: {}, intel_rdt: {}, network_interfaces: null } };
  return { events: oomKills > oomKillsBefore ? [{ type: "oom", id }, stats] : [stats], oomKills };
}
return { update, look };
})();
// src/runtime/cli/foreground.ts
const m71 = (() => {
function once(...args) { return new.target ? new (require("node:events").once)(...args) : require("node:events").once(...args); }
const { writeSync: writeSync } = require("node:fs");
const { constants: constants } = require("node:os");
function ReadStream(...args) { return new.target ? new (require("node:tty").ReadStream)(...args) : require("node:tty").ReadStream(...args); }
const { isErrno: isErrno } = m0;
const { processStartTime: processStartTime } = m22;
const { isAlive: isAlive } = m23;
const forwarded                            = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
const drainMs = 1000;
function passTerminal(master        , resize                      )          {
  const input = process.stdin              ;
  const output = process.stdout               ;
  const raw = input.isTTY;
  if (raw) input.setRawMode(true);
  const fit = ()       => (output.isTTY ? resize(master, output.rows, output.columns) : undefined);
  fit();
  output.on("resize", fit);
  const fromContainer = new ReadStream(master);
  input.on("data", (chunk        ) => {
    try {
      writeSync(master, chunk);
    } catch (error) {
      if (!isErrno(error, "EIO", "EAGAIN")) throw error;
    }
  });
  const ended = new Promise      ((resolve) => fromContainer.once("close", resolve));
  fromContainer.on("error", () => fromContainer.destroy()).on("data", (chunk) => void output.write(chunk));
  return {
    ended,
    restore: () => {
      if (raw) input.setRawMode(false);
      input.pause();
      output.off("resize", fit);
    },
  };
}
async function stayWith({ pid, master, child, resize }            )                  {
  const startTime = processStartTime(pid) ?? "";
  const forward = (signal                )       => {
    if (isAlive({ pid, startTime })) process.kill(pid, signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const passing = master === undefined ? undefined : passTerminal(master, resize);
  try {
    child.ref();
    const [code, signal] =
      child.exitCode !== null || child.signalCode !== null
        ? [child.exitCode, child.signalCode]
        : ((await once(child, "exit"))                                          );
    const bound = new Promise((resolve) => setTimeout(resolve, drainMs).unref());
    if (passing) await Promise.race([passing.ended, bound]);
    return code ?? 128 + (signal ? constants.signals[signal] : 0);
  } finally {
    passing?.restore();
    for (const signal of forwarded) process.off(signal, forward);
  }
}
return { stayWith };
})();
// src/runtime/init/index.ts
const m72 = (() => {
const { readlinkSync: readlinkSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { openSyscalls: openSyscalls } = m11;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { receive: receive } = m14;
const { send: send } = m14;
const { initCreate: initCreate } = m53;
const { initExec: initExec } = m54;
const { descriptorsFrom: descriptorsFrom } = m55;
function init(socket        , born                    )       {
  const syscalls = openSyscalls();
  let told = false;
  try {
    if (born !== "--unmapped") syscalls.setDumpable(false);
    syscalls.close(socket + 1);
    if (born !== undefined) send(socket, { type: "born", pid: Number(readlinkSync("/proc/self")) });
    const message = receive(socket, syscalls);
    if (message?.type !== "request") return;
    syscalls.setDumpable(false);
    const request = message.request               ;
    const context              = {
      syscalls,
      request,
      outsideHooks() {
        send(socket, { type: "hooks" });
        if (receive(socket, syscalls)?.type !== "go") throw new RuntimeError("the creator ended while hooks ran");
      },
      giveTerminal(master) {
        send(socket, { type: "terminal" });
        syscalls.sendDescriptor(socket, master, "/dev/ptmx");
      },
      leave(last) {
        send(socket, { type: "ready" });
        syscalls.close(socket);
        told = true;
        last(syscalls);
      },
      ...descriptorsFrom(socket, request),
    };
    if (request.kind === "exec") initExec(context);
    else initCreate(context);
  } catch (error) {
    if (told) writeSync(2, `${messageOf(error)}\n`);
    else send(socket, { type: "error", message: messageOf(error) });
    process.exitCode = 255;
  }
}
return { init };
})();
Object.assign(known, { m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63, m64, m65, m66, m67, m68, m69, m70, m71, m72 });
return { "src/runtime/create.ts": m65, "src/runtime/exec.ts": m66, "src/runtime/list.ts": m67, "src/runtime/spec.ts": m68, "src/runtime/update.ts": m70, "src/runtime/cli/foreground.ts": m71, "src/runtime/init/index.ts": m72 };
});
