// The head's side of a hand: system calls made in another process, one message there and one back; and the last list, which nobody waits for.
// Invariant: a call is answered before the next one is made, but for closing, which travels with it; reading is bounded by whoever made the socket.
// Called by: runtime/, over the same typed face as its own calls (syscallsOver). Next on the way: last.ts, then program.ts, the other side.

import { readSync, writeSync } from "node:fs";
import { Arena, type Argument } from "../sys/arena.ts";
import { SyscallError } from "../sys/errors.ts";
import type { CallName } from "../sys/numbers.ts";
import type { RawCall } from "../sys/raw.ts";
import { type Syscalls, syscallsOver } from "../sys/syscalls.ts";
import { lastList } from "./last.ts";
import { callBytes, goOn, headBytes, memory, stop, wordsOf, writeCall, writeHead } from "./list.ts";

const packetBytes = 64 << 10;
const mostClosing = 64;
const mostTogether = 64;
const mostInterrupted = 1000;
const lastErrno = 4095;
const handEnded = "it ended before it was ready";

interface Noted {
  readonly name: CallName;
  readonly args: readonly Argument[];
  readonly about: string | undefined;
}

interface Told {
  readonly at: number;
  readonly arena: Arena;
  readonly addresses: readonly bigint[];
  readonly replyBytes: number;
}

export class Hand {
  readonly syscalls: Syscalls;
  readonly #socket: number;
  readonly #theirs: number;
  readonly #packet = Buffer.alloc(packetBytes);
  readonly #words = wordsOf(this.#packet);
  #closing: number[] = [];
  #noted: Noted[] | undefined;

  /** `socket`: of packets, whose other end is the hand's descriptor `theirs`. */
  constructor(socket: number, theirs: number) {
    this.#socket = socket;
    this.#theirs = theirs;
    this.syscalls = syscallsOver(this.#call, (calls) => this.#together(calls));
  }

  readonly #call: RawCall = (name, args, about) => {
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

  #together(calls: () => void): void {
    const noted: Noted[] = [];
    this.#noted = noted;
    try {
      calls();
    } finally {
      this.#noted = undefined;
    }
    for (let from = 0; from < noted.length; from += mostTogether) this.#tellAll(noted.slice(from, from + mostTogether));
  }

  #tellAll(noted: readonly Noted[]): void {
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

  /** Sends one call, after the closing that was put off. */
  #tell(name: CallName, args: readonly Argument[]): Told {
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

  #answer({ at, arena, addresses, replyBytes }: Told, name: CallName, args: readonly Argument[], about?: string): number {
    this.#hear(replyBytes);
    const answer = Number(this.#words[at >> 3]);
    if (answer < 0 && answer >= -lastErrno) throw new SyscallError(name, -answer, about);
    for (const [index, argument] of args.entries())
      if (argument instanceof Uint8Array) argument.set(arena.get(addresses[index]!, argument.length));
    return answer;
  }

  #write(packet: Uint8Array): void {
    try {
      writeSync(this.#socket, packet);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "EPIPE" ? new Error(handEnded, { cause: error }) : error;
    }
  }

  #hear(bytes: number): void {
    // A child that ends interrupts the waiting; each one only once.
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

  /** A descriptor of the hand's becomes one of this process, too: the message that carries it comes before the call's answer. */
  take(fd: number, own: Pick<Syscalls, "receiveDescriptor">): number {
    let taken = -1;
    const sending = syscallsOver((name, args, about) => {
      const told = this.#tell(name, args);
      taken = own.receiveDescriptor(this.#socket).fd;
      return this.#answer(told, name, args, about);
    });
    sending.sendDescriptor(this.#theirs, fd, "descriptor");
    return taken;
  }

  /** Notes what `last` calls, sends it as one list, and lets go: the hand makes those calls when it comes to them, alone. */
  leave(last: (syscalls: Syscalls) => void): void {
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
