// The smallest honest ELF executable: one header, one segment of code, perhaps one of empty memory.
// Invariant: 64-bit little endian, static, no sections; what is executable is never writable.
// Called by: hand/program.ts, and image/ for the pause program. Format: the System V ABI, chapter "Object Files".

/** As Go and OCI name them. */
export type Architecture = "amd64" | "arm64";

const machines: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };
const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x400000;

/** Memory that is there from the start, all zero. */
export interface EmptyMemory {
  readonly address: number;
  readonly bytes: number;
}

export function elf(architecture: Architecture, code: Uint8Array, memory?: EmptyMemory): Buffer {
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
