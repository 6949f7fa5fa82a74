// Sockets that carry descriptors (SCM_RIGHTS), pipes of messages between a process and its child, and terminals.
// Invariant: a descriptor received is close-on-exec; waiting has a bound.
// Called by: syscalls.ts. Next on the way: raw.ts, the one way down.

import { POLLIN, terminalRequests } from "./constants.ts";
import { isErrno } from "./errors.ts";
import type { Memory } from "./arena.ts";
import type { RawCall } from "./raw.ts";

export interface SocketCalls {
  /** Both ends close on exec. In packets every message arrives whole. */
  socketPair(kind?: "stream" | "packets"): [number, number];
  /** From then on reading this socket fails with EAGAIN after so long. */
  boundReceive(socket: number, timeoutMs: number): void;
  connectUnix(path: string): number;
  sendDescriptor(socket: number, fd: number, text: string): void;
  receiveDescriptor(socket: number): { fd: number; text: string };
  /** Whether something can be read before the time is over. */
  pollReadable(fd: number, timeoutMs: number): boolean;
  unlockTerminal(master: number): void;
  terminalNumber(master: number): number;
  /** The other side of a terminal, without looking up a path. */
  openTerminalPeer(master: number): number;
  /** Marks a network interface of this namespace as up. */
  interfaceUp(name: string): void;
  makeControllingTerminal(slave: number): void;
  setTerminalSize(fd: number, rows: number, columns: number): void;
  duplicateTo(fd: number, as: number): void;
}

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SO_RCVTIMEO = 20;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const controlBytes = 24;
const pathLimit = 107;

/** A struct timeval: seconds and microseconds. */
function timeBytes(ms: number): Buffer {
  const time = Buffer.alloc(16);
  time.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), 0);
  time.writeBigInt64LE(BigInt(ms % 1000) * 1000n, 8);
  return time;
}

interface Message {
  readonly header: bigint;
  readonly control: bigint;
  readonly data: bigint;
}

/** A msghdr with one piece of data and room for one descriptor. */
function message(memory: Memory, data: Uint8Array, fd?: number): Message {
  const control = Buffer.alloc(controlBytes);
  if (fd !== undefined) {
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(fd, 16);
  }
  const dataAt = memory.put(data);
  const controlAt = memory.put(control);
  const piece = Buffer.alloc(16);
  piece.writeBigUInt64LE(dataAt, 0);
  piece.writeBigUInt64LE(BigInt(data.length), 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(memory.put(piece), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(controlAt, 32);
  header.writeBigUInt64LE(BigInt(controlBytes), 40);
  return { header: memory.put(header), control: controlAt, data: dataAt };
}

function receiveDescriptor(raw: RawCall, socket: number): { fd: number; text: string } {
  let memory: Memory | undefined;
  let parts: Message | undefined;
  const build = (given: Memory): bigint => {
    memory = given;
    parts = message(given, Buffer.alloc(4096));
    return parts.header;
  };
  const length = raw("recvmsg", [socket, build, MSG_CMSG_CLOEXEC]);
  const control = memory!.get(parts!.control, controlBytes);
  if (control.readBigUInt64LE(0) !== 20n || control.readInt32LE(12) !== SCM_RIGHTS) throw new Error("no descriptor came");
  return { fd: control.readInt32LE(16), text: memory!.get(parts!.data, length).toString() };
}

function connectUnix(raw: RawCall, path: string): number {
  const name = Buffer.from(path);
  if (name.length > pathLimit) throw new Error(`path of a socket is longer than ${pathLimit} bytes: ${path}`);
  const address = Buffer.alloc(2 + name.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(name, 2);
  const fd = raw("socket", [AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0]);
  raw("connect", [fd, address, address.length], path);
  return fd;
}

export function socketCalls(raw: RawCall): SocketCalls {
  return {
    socketPair(kind = "stream") {
      const pair = Buffer.alloc(8);
      raw("socketpair", [AF_UNIX, (kind === "stream" ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0, pair]);
      return [pair.readInt32LE(0), pair.readInt32LE(4)];
    },
    boundReceive: (socket, timeoutMs) =>
      void raw("setsockopt", [socket, SOL_SOCKET, SO_RCVTIMEO, timeBytes(timeoutMs), timeBytes(timeoutMs).length]),
    connectUnix: (path) => connectUnix(raw, path),
    sendDescriptor: (socket, fd, text) => void raw("sendmsg", [socket, (memory) => message(memory, Buffer.from(text), fd).header, 0]),
    receiveDescriptor: (socket) => receiveDescriptor(raw, socket),
    pollReadable(fd, timeoutMs) {
      const poll = Buffer.alloc(8);
      poll.writeInt32LE(fd, 0);
      poll.writeInt16LE(POLLIN, 4);
      const time = timeBytes(timeoutMs);
      time.writeBigInt64LE(time.readBigInt64LE(8) * 1000n, 8);
      // A child that ends interrupts the waiting; each one only once.
      for (let interrupted = 0; ; interrupted++) {
        try {
          return raw("ppoll", [poll, 1, time, 0, 8]) > 0;
        } catch (error) {
          if (!isErrno(error, "EINTR") || interrupted === 1000) throw error;
        }
      }
    },
    unlockTerminal: (master) => void raw("ioctl", [master, terminalRequests.setLock, Buffer.alloc(4)]),
    terminalNumber(master) {
      const number = Buffer.alloc(4);
      raw("ioctl", [master, terminalRequests.getNumber, number]);
      return number.readInt32LE(0);
    },
    openTerminalPeer: (master) => raw("ioctl", [master, terminalRequests.getPeer, O_RDWR | O_NOCTTY | SOCK_CLOEXEC]),
    interfaceUp(name) {
      const request = Buffer.alloc(40);
      request.write(name, 0, 15);
      request.writeUInt16LE(IFF_UP, 16);
      const fd = raw("socket", [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0]);
      try {
        raw("ioctl", [fd, SIOCSIFFLAGS, request], name);
      } finally {
        raw("close", [fd]);
      }
    },
    makeControllingTerminal: (slave) => void raw("ioctl", [slave, terminalRequests.setControlling, 0]),
    setTerminalSize(fd, rows, columns) {
      const size = Buffer.alloc(8);
      size.writeUInt16LE(rows, 0);
      size.writeUInt16LE(columns, 2);
      raw("ioctl", [fd, terminalRequests.setSize, size]);
    },
    duplicateTo(fd, as) {
      if (fd !== as) raw("dup3", [fd, as, 0]);
    },
  };
}
