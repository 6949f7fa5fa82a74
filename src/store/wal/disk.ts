// What a store asks of a disk: one folder of files that grow, and a word about what has reached the platter.
// Invariant: what was appended with `sync` survives a crash; anything else may be there, be torn, or be missing.
// Implemented by: threaddisk.ts (the machine's), simulateddisk.ts (one that loses what it may). Called by: log.ts, recover.ts, snapshot/.

export interface DiskFile {
  /** Resolves when the bytes are written and, with `sync`, durable. `bytes` may be reused after that. */
  append(bytes: Uint8Array, options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Memory that `append` takes without a copy. */
  allocate(bytes: number): Buffer;
  /** Said right before an append: nobody waits for anything else, so it may be made where it is asked for. */
  alone?(): void;
  list(): Promise<readonly string[]>;
  size(name: string): Promise<number>;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. The buffer is the caller's own. */
  read(name: string, offset: number, length: number): Promise<Buffer>;
  /** A new, empty file. Its name is durable after `syncDirectory`. */
  create(name: string): Promise<DiskFile>;
  /** An existing file, to go on at its end. */
  open(name: string): Promise<DiskFile>;
  /** Cuts a file, durably. */
  truncate(name: string, bytes: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  syncDirectory(): Promise<void>;
  close(): Promise<void>;
}

/** The environment failed: which call, on what, how. */
export class DiskError extends Error {
  override name = "DiskError";
  readonly call: string;
  readonly file: string;
  readonly errno: string;

  constructor(call: string, file: string, errno: string) {
    super(`${call} ${file}: ${errno}`);
    this.call = call;
    this.file = file;
    this.errno = errno;
  }
}

/** A file holds what nobody wrote: the store refuses to guess. */
export class CorruptFile extends Error {
  override name = "CorruptFile";
  readonly file: string;
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(`${file} is damaged at byte ${offset}: ${what}. Nothing was changed; restore the file, or the whole folder, from a copy`);
    this.file = file;
    this.offset = offset;
  }
}
