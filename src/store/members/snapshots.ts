// Snapshots between members: ours goes out as it is made, another's comes in beside our own and takes its place when raft says so.
// Invariant: what came is whole and proved before raft hears of it, and durable under its name before the state is replaced.
// Called by: open.ts, for driver.ts and peers/. Next on the way: ../snapshot/write.ts, ../snapshot/read.ts.

import { assert, type Clock, type Log, macrotask, type Prng } from "#lib";
import type { Snapshot, SnapshotMark } from "#raft";
import type { MvccState } from "../mvcc/state.ts";
import type { SnapshotReceiver } from "../peers/inbox.ts";
import { snapshotName, unfinishedSuffix } from "../snapshot/format.ts";
import { readSnapshot } from "../snapshot/read.ts";
import { writeSnapshot } from "../snapshot/write.ts";
import type { Disk, DiskFile } from "../wal/disk.ts";
import type { Network } from "./network.ts";

export interface TransferOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly state: () => MvccState;
  readonly network: Pick<Network, "sendSnapshot">;
  /** True: raft wants it, and `install` follows. */
  readonly arrived: (message: Snapshot) => boolean;
}

interface Arrived {
  readonly name: string;
  readonly state: MvccState;
}

export class SnapshotTransfer {
  readonly #options: TransferOptions;
  readonly #arrived = new Map<number, Arrived>();
  #count = 0;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /** The state must stand at the message's mark: it is taken before this returns. */
  async send(message: Snapshot): Promise<boolean> {
    const { clock, prng, state, network, log } = this.#options;
    const salt = Buffer.from(prng.bytes(4)).readUInt32LE();
    const abort = new AbortController();
    const { promise: connected, resolve: connect, reject: give } = Promise.withResolvers<(bytes: Uint8Array) => Promise<void>>();
    const { mark, configuration } = message;
    const written = writeSnapshot({ disk: streamDisk(connected), clock, state: state(), mark, configuration, salt, signal: abort.signal });
    written.catch(() => undefined);
    const delivered = await network.sendSnapshot(message, async (slice) => {
      connect(slice);
      await written;
    });
    give(new Error("the member was not reached"));
    abort.abort(new Error("the member was not reached"));
    log.info("a snapshot was sent to a member", { member: message.to, index: mark.index, delivered });
    return delivered;
  }

  receive(message: Snapshot): SnapshotReceiver {
    const { disk, log } = this.#options;
    const name = `${snapshotName(message.mark.index)}.${++this.#count}${unfinishedSuffix}`;
    let file: Promise<DiskFile> | undefined = disk.create(name);
    /** What was said last: to take it, or that its connection is lost. The other one comes too late then. */
    let over: "whole" | "lost" | undefined;
    file.catch(() => undefined);
    const end = async (): Promise<void> => {
      const open = await file;
      file = undefined;
      await open?.close();
    };
    return {
      write: async (bytes) => {
        const own = disk.allocate(bytes.length);
        own.set(bytes);
        await (await file)?.append(own, { sync: true });
      },
      done: async () => {
        if (over) return false;
        over = "whole";
        await end();
        const { state } = await readSnapshot(disk, name, macrotask);
        // Another one of the same index may wait to be installed: what nobody wants goes alone. `install` is a microtask away at least.
        const wanted = this.#options.arrived(message);
        if (wanted) this.#arrived.set(message.mark.index, { name, state });
        else await disk.remove(name);
        log.info("a snapshot came from another member", { member: message.from, index: message.mark.index, wanted });
        return true;
      },
      abort: () => {
        if (over) return;
        over = "lost";
        end()
          .then(() => disk.remove(name))
          .catch((error: unknown) => log.warn("what came of a snapshot could not be removed", { error }));
      },
    };
  }

  /** Makes it this member's newest snapshot; gives the state it holds. */
  async install({ index }: SnapshotMark): Promise<MvccState> {
    const { disk } = this.#options;
    const arrived = this.#arrived.get(index);
    assert(arrived, "a snapshot comes with its bytes");
    this.#arrived.delete(index);
    await disk.rename(arrived.name, snapshotName(index));
    await disk.syncDirectory();
    for (const older of this.#arrived.keys()) if (older < index) await this.#forget(older);
    return arrived.state;
  }

  async #forget(index: number): Promise<void> {
    const name = this.#arrived.get(index)?.name;
    this.#arrived.delete(index);
    if (name !== undefined) await this.#options.disk.remove(name);
  }
}

/** A disk on which a snapshot is written, and whose one file is the connection to another member. */
function streamDisk(connected: Promise<(bytes: Uint8Array) => Promise<void>>): Disk {
  const none = (): never => {
    throw new Error("a snapshot on its way is only written");
  };
  const nothing = async (): Promise<void> => undefined;
  return {
    allocate: (bytes) => Buffer.allocUnsafeSlow(bytes),
    create: async () => {
      const slice = await connected;
      return { append: (bytes) => slice(bytes), close: nothing };
    },
    rename: nothing,
    syncDirectory: nothing,
    close: nothing,
    list: none,
    size: none,
    read: none,
    open: none,
    truncate: none,
    remove: none,
  };
}
