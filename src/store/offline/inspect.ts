// A store's folder read as a start would read it, without changing it: damage is found, and what hangs together is proved to.
// Invariant: what `inspect` accepts, `openStore` opens, with the same revision and the same keys.
// Called by: tools.ts (check, backup, restore). Next on the way: dump.ts.

import { silentLog } from "#lib";
import type { SnapshotMark } from "#raft";
import { decodeCommand } from "../mvcc/command.ts";
import type { MvccState } from "../mvcc/state.ts";
import { readNewestSnapshot } from "../snapshot/read.ts";
import { recoverLog } from "../wal/recover.ts";
import { ReadOnlyDisk } from "./readonly.ts";

export interface Inspection {
  readonly state: MvccState;
  /** Where the state stands in the log. */
  readonly mark: SnapshotMark;
  readonly snapshot: SnapshotMark;
  readonly entries: number;
  readonly bytes: number;
  readonly notes: readonly string[];
}

const everything = Number.MAX_SAFE_INTEGER;

/** Throws a CorruptFile, with file and byte, or an error that says what does not hang together. */
export async function inspect(directory: string): Promise<Inspection> {
  const notes: string[] = [];
  const disk = new ReadOnlyDisk(directory, (note) => void notes.push(note));
  const { state, mark: snapshot } = await readNewestSnapshot(disk);
  const { entries, tail } = await recoverLog(disk, silentLog(), snapshot);
  let mark = snapshot;
  for (const { index, term, type, data } of entries) {
    if (index !== mark.index + 1) throw new Error(`entry ${index} follows entry ${mark.index}`);
    if (type === "command") state.apply(decodeCommand(data));
    mark = { index, term };
  }
  prove(state);
  return { state, mark, snapshot, entries: entries.length, bytes: tail.bytes, notes };
}

/** What must hold whatever the entries were. */
function prove(state: MvccState): void {
  for (let at = state.history.first; at <= state.history.last; at++) {
    const batch = state.history.at(at);
    if (batch?.revision !== at) throw new Error(`history has no revision ${at}`);
    for (const { kv } of batch.events)
      if (kv.modRevision !== at) throw new Error(`revision ${at} changes ${JSON.stringify(kv.key)} at ${kv.modRevision}`);
  }
  const scan = state.scan({ start: "", end: "\0" }, state.revision, { limit: 0, countOnly: false });
  scan.advance(everything);
  const leased = new Map<string, bigint>();
  for (const kv of scan.kvs) {
    const name = JSON.stringify(kv.key);
    if (kv.createRevision > kv.modRevision || kv.modRevision > state.revision) throw new Error(`${name} is newer than the store`);
    if (kv.version < 1 || kv.version > kv.modRevision - kv.createRevision + 1) throw new Error(`${name} cannot have version ${kv.version}`);
    if (kv.lease !== undefined) leased.set(kv.key, kv.lease);
  }
  if (scan.kvs.length !== state.liveKeys) throw new Error(`${state.liveKeys} keys are counted, ${scan.kvs.length} are there`);
  for (const { id, keys } of state.leases.all())
    for (const key of keys) {
      if (leased.get(key) !== id) throw new Error(`lease ${id} names ${JSON.stringify(key)}, which does not hang on it`);
      leased.delete(key);
    }
  for (const [key, id] of leased) throw new Error(`${JSON.stringify(key)} hangs on lease ${id}, which is not there`);
}
