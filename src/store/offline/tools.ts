// What can be done with a store's folder while no store has it open: check, dump, backup, restore.
// Invariant: check and dump change nothing; a backup is a snapshot file, proved before it gets its name; a restore never writes over anything.
// Called by: compose/, for `dhow store check|dump|backup|restore`. Next on the way: inspect.ts.

import { copyFileSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync, closeSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Clock, type Prng } from "#lib";
import { lockFolder, lockName } from "../lock.ts";
import { decodeSnapshotHeader, snapshotHeaderBytes, snapshotName } from "../snapshot/format.ts";
import { writeSnapshot } from "../snapshot/write.ts";
import { CorruptFile } from "../wal/disk.ts";
import { ThreadDisk } from "../wal/threaddisk.ts";
import { dump } from "./dump.ts";
import { type Inspection, inspect } from "./inspect.ts";
import { ReadOnlyDisk } from "./readonly.ts";

export interface StoreTools {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly print: (line: string) => void;
}

function summary({ state, mark, snapshot, entries, bytes, notes }: Inspection): string[] {
  return [
    `revision ${state.revision}, compacted at ${state.compactRevision}`,
    `keys ${state.liveKeys}, ${state.bytes} bytes of all versions kept`,
    `leases ${[...state.leases.all()].length}`,
    `log ${entries} entries after the snapshot at ${snapshot.index}, up to ${mark.index} in term ${mark.term}; ${bytes} bytes`,
    ...notes,
  ];
}

/** Locks a folder that is there: looking for one must not make it. */
function locked(directory: string): () => void {
  if (!existsSync(directory)) throw new Error(`there is no folder ${directory}`);
  return lockFolder(directory);
}

export async function checkStore(directory: string, { print }: StoreTools): Promise<void> {
  const unlock = locked(directory);
  try {
    for (const line of summary(await inspect(directory))) print(line);
    print("ok");
  } finally {
    unlock();
  }
}

export async function dumpStore(directory: string, { print }: StoreTools): Promise<void> {
  const unlock = locked(directory);
  try {
    for await (const line of dump(directory)) print(line);
  } finally {
    unlock();
  }
}

function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export async function backupStore(directory: string, file: string, { clock, prng, print }: StoreTools): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} is there already`);
  const unlock = locked(directory);
  const beside = mkdtempSync(join(dirname(file), `.${basename(file)}-`));
  try {
    const { state, mark } = await inspect(directory);
    const disk = new ThreadDisk(beside, clock);
    const salt = Buffer.from(prng.bytes(4)).readUInt32LE();
    await writeSnapshot({ disk, clock, state, mark, withoutMembers: true, salt, signal: new AbortController().signal });
    await disk.close();
    await inspect(beside);
    renameSync(join(beside, snapshotName(mark.index)), file);
    syncPath(dirname(file));
    print(`${file}: revision ${state.revision}, ${state.liveKeys} keys`);
  } finally {
    rmSync(beside, { recursive: true, force: true });
    unlock();
  }
}

export async function restoreStore(directory: string, file: string, { print }: StoreTools): Promise<void> {
  if (existsSync(directory) && readdirSync(directory).some((name) => name !== lockName)) throw new Error(`${directory} is not empty`);
  const source = new ReadOnlyDisk(dirname(file), () => undefined);
  const header = decodeSnapshotHeader(await source.read(basename(file), 0, snapshotHeaderBytes));
  if (!header) throw new CorruptFile(file, 0, "this is no backup of a store");
  mkdirSync(dirname(directory), { recursive: true });
  const beside = mkdtempSync(join(dirname(directory), `.${basename(directory)}-`));
  try {
    const path = join(beside, snapshotName(header.index));
    copyFileSync(file, path);
    syncPath(path);
    syncPath(beside);
    const { state } = await inspect(beside);
    rmSync(directory, { recursive: true, force: true });
    renameSync(beside, directory);
    syncPath(dirname(directory));
    print(`${directory}: revision ${state.revision}, ${state.liveKeys} keys`);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}
