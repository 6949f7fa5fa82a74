// One life of a store under load, and what must be found after it: unique keys put, some of them deleted again.
// Invariant: a key is known to be there from its answer on until its deletion is sent, and known to be gone from that answer on.
// Called by: storekill.ts. Next on the way: etcdclient.ts.

import { EtcdClient } from "./etcdclient.ts";
import type { EtcdServer } from "./etcdserver.ts";

export interface Known {
  readonly present: Set<string>;
  readonly absent: Set<string>;
}

export interface Life {
  readonly round: number;
  readonly writers: number;
  /** How many answers come before the kill. */
  readonly killAfter: number;
  /** Added to. */
  readonly known: Known;
}

const prefix = { key: "kill/", range_end: "kill0" };
const deleteEvery = 5;
const value = Buffer.alloc(2048, "v");

/** How many writes were acknowledged. */
export async function loadUntilKilled(server: EtcdServer, { round, writers, killAfter, known }: Life): Promise<number> {
  const client = new EtcdClient(server.endpoint);
  let answered = 0;
  let killed: Promise<void> | undefined;
  const count = (): void => {
    answered += 1;
    if (answered === killAfter) killed = server.kill("SIGKILL");
  };
  const writer = async (number: number): Promise<void> => {
    for (let turn = 0; !killed; turn++) {
      const key = `kill/${String(round).padStart(6, "0")}/${number}/${turn}`;
      await client.call("Put", { key, value });
      known.present.add(key);
      count();
      if (turn % deleteEvery !== deleteEvery - 1 || killed) continue;
      known.present.delete(key);
      await client.call("DeleteRange", { key });
      known.absent.add(key);
      count();
    }
  };
  // A writer ends with the first call that is not answered: the server has gone.
  await Promise.all(Array.from({ length: writers }, (_, number) => writer(number).catch(() => undefined)));
  await killed;
  client.close();
  return answered;
}

/** A sentence for each thing that is not as it must be. */
export async function checkRound(server: EtcdServer, { present, absent }: Known): Promise<string[]> {
  const client = new EtcdClient(server.endpoint);
  try {
    const { kvs } = await client.call("Range", { ...prefix, keys_only: true });
    const found = new Set(kvs.map(({ key }) => key));
    return [
      ...[...present].filter((key) => !found.has(key)).map((key) => `${key} was acknowledged and is gone`),
      ...[...absent].filter((key) => found.has(key)).map((key) => `${key} was deleted and is there`),
    ];
  } finally {
    client.close();
  }
}

/** Everything is deleted and compacted; nothing is known any more. */
export async function forget(server: EtcdServer): Promise<Known> {
  const client = new EtcdClient(server.endpoint);
  try {
    const { header } = await client.call("DeleteRange", prefix);
    await client.call("Compact", { revision: header!.revision });
    return { present: new Set(), absent: new Set() };
  } finally {
    client.close();
  }
}
