// A folder on the machine's disk that is looked at and never changed.
// Invariant: no call writes; what opening the store would change is told instead.
// Called by: inspect.ts. Next on the way: wal/recover.ts and snapshot/read.ts, which read through it.

import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Disk, DiskFile } from "../wal/disk.ts";

const refused = (): never => {
  throw new Error("this folder is only read");
};

export class ReadOnlyDisk implements Disk {
  readonly #directory: string;
  readonly #tell: (note: string) => void;

  constructor(directory: string, tell: (note: string) => void) {
    this.#directory = directory;
    this.#tell = tell;
  }

  allocate(bytes: number): Buffer {
    return Buffer.allocUnsafeSlow(bytes);
  }

  async list(): Promise<readonly string[]> {
    return (await readdir(this.#directory)).sort((a, b) => (a < b ? -1 : 1));
  }

  async size(name: string): Promise<number> {
    return (await stat(join(this.#directory, name))).size;
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    const file = await open(join(this.#directory, name), constants.O_RDONLY);
    try {
      const buffer = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    } finally {
      await file.close();
    }
  }

  async truncate(name: string, bytes: number): Promise<void> {
    this.#tell(`the next start will cut ${name} to ${bytes} bytes: a torn tail`);
  }

  async remove(name: string): Promise<void> {
    this.#tell(`the next start will remove ${name}`);
  }

  create(): Promise<DiskFile> {
    return refused();
  }

  open(): Promise<DiskFile> {
    return refused();
  }

  rename(): Promise<void> {
    return refused();
  }

  async syncDirectory(): Promise<void> {}

  async close(): Promise<void> {}
}
