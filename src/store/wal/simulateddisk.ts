// A disk in memory that loses whatever it may lose: for tests of what must not be lost.
// Invariant: only synced bytes and synced names survive a crash for sure; the rest stays, goes, tears or comes out of order, by the seed.
// Called by: crash tests and simulated clusters. Next on the way: disk.ts for the contract it stretches.

import type { Prng } from "#lib";
import { type Disk, DiskError, type DiskFile } from "./disk.ts";

const sectorBytes = 512;

interface Write {
  readonly offset: number;
  readonly bytes: Buffer;
}

interface Inode {
  durable: Buffer;
  unsynced: Write[];
}

type NameChange =
  | { readonly type: "add"; readonly name: string; readonly inode: Inode }
  | { readonly type: "rename"; readonly from: string; readonly to: string }
  | { readonly type: "remove"; readonly name: string };

function applyName(names: Map<string, Inode>, change: NameChange): void {
  if (change.type === "add") names.set(change.name, change.inode);
  else if (change.type === "remove") names.delete(change.name);
  else {
    const inode = names.get(change.from);
    if (!inode) return;
    names.delete(change.from);
    names.set(change.to, inode);
  }
}

function applyWrite(content: Buffer, { offset, bytes }: Write): Buffer {
  const end = offset + bytes.length;
  const grown = content.length >= end ? content : Buffer.concat([content, Buffer.alloc(end - content.length)]);
  bytes.copy(grown, offset);
  return grown;
}

export class SimulatedDisk implements Disk {
  readonly #durableNames: Map<string, Inode>;
  readonly #names: Map<string, Inode>;
  #nameChanges: NameChange[] = [];
  #crashed = false;
  #fault: string | undefined;
  /** Calls that change something; a crash can be set before any of them. */
  operations = 0;
  crashAt = Number.POSITIVE_INFINITY;
  /** Called when `crashAt` is reached: nothing after it happens, and no promise settles. */
  onCrash: () => void = () => undefined;

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.#durableNames = new Map([...files].map(([name, durable]) => [name, { durable: Buffer.from(durable), unsynced: [] }]));
    this.#names = new Map(this.#durableNames);
  }

  /** From now on every call that changes something fails with `errno`. */
  failWith(errno: string): void {
    this.#fault = errno;
  }

  /** What a machine finds after power came back. */
  afterCrash(prng: Prng): SimulatedDisk {
    this.#crashed = true;
    const names = new Map(this.#durableNames);
    for (const change of this.#nameChanges) if (prng.next() < 0.5) applyName(names, change);
    return new SimulatedDisk(new Map([...names].map(([name, inode]) => [name, survivor(inode, prng)])));
  }

  allocate(bytes: number): Buffer {
    return Buffer.alloc(bytes);
  }

  list(): Promise<readonly string[]> {
    return this.#later(() => [...this.#names.keys()]);
  }

  size(name: string): Promise<number> {
    return this.#later(() => this.#content(name).length);
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#later(() => Buffer.from(this.#content(name).subarray(offset, offset + length)));
  }

  create(name: string): Promise<DiskFile> {
    return this.#change("create", name, () => {
      if (this.#names.has(name)) throw new DiskError("create", name, "EEXIST");
      const inode: Inode = { durable: Buffer.alloc(0), unsynced: [] };
      this.#changeName({ type: "add", name, inode });
      return this.#file(name, inode);
    });
  }

  open(name: string): Promise<DiskFile> {
    return this.#change("open", name, () => this.#file(name, this.#inode(name)));
  }

  truncate(name: string, bytes: number): Promise<void> {
    return this.#change("truncate", name, () => {
      const inode = this.#inode(name);
      inode.durable = Buffer.from(this.#content(name).subarray(0, bytes));
      inode.unsynced = [];
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change("rename", from, () => {
      this.#inode(from);
      this.#changeName({ type: "rename", from, to });
    });
  }

  remove(name: string): Promise<void> {
    return this.#change("remove", name, () => {
      this.#inode(name);
      this.#changeName({ type: "remove", name });
    });
  }

  syncDirectory(): Promise<void> {
    return this.#change("syncDirectory", "", () => {
      for (const change of this.#nameChanges) applyName(this.#durableNames, change);
      this.#nameChanges = [];
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Every file's present content, as a reader sees it. */
  files(): Map<string, Buffer> {
    return new Map([...this.#names.keys()].map((name) => [name, this.#content(name)]));
  }

  #file(name: string, inode: Inode): DiskFile {
    return {
      append: async (bytes, { sync }) => {
        // Two steps, so that a crash can come between writing and syncing.
        await this.#change("append", name, () => {
          const offset = this.#contentOf(inode).length;
          inode.unsynced.push({ offset, bytes: Buffer.from(bytes) });
        });
        if (!sync) return;
        await this.#change("fdatasync", name, () => {
          for (const write of inode.unsynced) inode.durable = applyWrite(inode.durable, write);
          inode.unsynced = [];
        });
      },
      close: () => Promise.resolve(),
    };
  }

  #changeName(change: NameChange): void {
    applyName(this.#names, change);
    this.#nameChanges.push(change);
  }

  #inode(name: string): Inode {
    const inode = this.#names.get(name);
    if (!inode) throw new DiskError("open", name, "ENOENT");
    return inode;
  }

  #content(name: string): Buffer {
    return this.#contentOf(this.#inode(name));
  }

  #contentOf(inode: Inode): Buffer {
    return inode.unsynced.reduce(applyWrite, inode.durable);
  }

  #change<Value>(call: string, name: string, run: () => Value): Promise<Value> {
    if (!this.#crashed && this.operations++ >= this.crashAt) {
      this.#crashed = true;
      this.onCrash();
    }
    if (!this.#crashed && this.#fault !== undefined) return Promise.reject(new DiskError(call, name, this.#fault));
    return this.#later(run);
  }

  /** A crashed disk answers nothing any more: its promises never settle. */
  #later<Value>(run: () => Value): Promise<Value> {
    if (this.#crashed) return new Promise(() => undefined);
    return new Promise((resolve) => resolve(run()));
  }
}

/** Each write that was not synced: all of it, some sectors of it, or nothing. */
function survivor(inode: Inode, prng: Prng): Buffer {
  let content: Buffer = Buffer.from(inode.durable);
  for (const write of inode.unsynced) {
    const fate = prng.next();
    if (fate < 0.25) continue;
    const bytes = Buffer.from(write.bytes);
    if (fate < 0.5) content = applyWrite(content, { offset: write.offset, bytes: bytes.subarray(0, prng.between(0, bytes.length)) });
    else {
      if (fate < 0.75) {
        for (let at = 0; at < bytes.length; at += sectorBytes)
          if (prng.next() < 0.5) bytes.fill(0, at, Math.min(at + sectorBytes, bytes.length));
      }
      content = applyWrite(content, { offset: write.offset, bytes });
    }
  }
  return content;
}
