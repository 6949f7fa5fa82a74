// A foreign store, reached: etcd, or `dhow store` elsewhere, as the store of an API server here.
// Invariant: when it resolves the store has answered; a store that cannot be reached in time is an error that names every address and why.
// Called by: compose/, tests. Next on the way: store.ts.

import { type Clock, delay, type Log, type Prng, silentLog } from "#lib";
import type { Store } from "../contract.ts";
import { StoreError } from "../contract.ts";
import { RemoteCalls } from "./calls.ts";
import { Endpoints, type RemoteTls } from "./endpoints.ts";
import { keyMap } from "./keys.ts";
import { RemoteStore } from "./store.ts";

export interface RemoteStoreOptions {
  /** `http://host:port` or `https://host:port` of each member. */
  readonly servers: readonly string[];
  /** PEM. */
  readonly tls?: RemoteTls;
  /** Where our keys lie: kube-apiserver's --etcd-prefix. */
  readonly prefix?: string;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log?: Log;
  /** How long to wait for it; 0: every member is asked once. */
  readonly patienceMs?: number;
}

const pauseMs = 500;

export async function openRemoteStore(options: RemoteStoreOptions): Promise<Store> {
  const { servers, tls, clock, prng, log = silentLog(), patienceMs = 0 } = options;
  const endpoints = new Endpoints({ servers, clock, log, ...(tls && { tls }) });
  const untilMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      await endpoints.channel();
      break;
    } catch (error) {
      if (clock.monotonicMs() + pauseMs > untilMs) throw new StoreError("unavailable", (error as Error).message);
      log.warn("the store does not answer yet", { error });
      await delay(clock, pauseMs);
    }
  }
  const store = new RemoteStore({
    endpoints,
    calls: new RemoteCalls(endpoints, clock, prng),
    keys: keyMap(options.prefix ?? "/registry"),
    clock,
    log,
  });
  await store.learn();
  return store;
}
