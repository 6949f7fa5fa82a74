// The store under an API server in a test: in memory, or one behind a network, named by DHOW_TEST_STORE, each test below a prefix of its own.
// Invariant: the tests do not know which it is; their clock stands still while an answer or an event of the store is on its way.
// Called by: testing.ts. e2e/remote.e2e.ts plays this folder's tests on `dhow store` and on etcd. Next on the way: store/remote.

import { type Clock, type Prng, systemClock, systemPrng, uuid } from "#lib";
import { memoryStore, openRemoteStore, type Revision, type Store, type StoreWatch } from "#store";

export interface TestStore extends Store {
  /** Something that was asked or written has not come back yet. */
  readonly busy?: () => boolean;
}

export async function testStore(parts: { readonly clock: Clock; readonly prng: Prng }): Promise<TestStore> {
  const servers = process.env["DHOW_TEST_STORE"];
  if (servers === undefined) return memoryStore(parts);
  const prng = systemPrng();
  return patient(await openRemoteStore({ servers: servers.split(","), prefix: `/test-${uuid(prng)}`, clock: systemClock(), prng }));
}

interface Watching {
  reached: Revision;
  watch?: StoreWatch;
}

/** The same store, which knows what it still waits for. */
function patient(store: Store): TestStore {
  let inFlight = 0;
  const watches = new Set<Watching>();
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> => {
      inFlight++;
      return call(...args).finally(() => inFlight--);
    };
  const watch: Store["watch"] = (request, sink) => {
    const watching: Watching = { reached: request.startRevision };
    const reach = (revision: Revision): void => {
      watching.reached = revision;
    };
    watches.add(watching);
    watching.watch = store.watch(request, {
      batch: (batch) => (reach(batch.revision), sink.batch(batch)),
      progress: (revision) => (reach(revision), sink.progress(revision)),
      closed: (error) => (watches.delete(watching), sink.closed(error)),
    });
    return watching.watch;
  };
  return {
    range: counted((request) => store.range(request)),
    txn: counted((request) => store.txn(request)),
    watch,
    grantLease: counted((ttlSeconds) => store.grantLease(ttlSeconds)),
    keepAlive: counted((id) => store.keepAlive(id)),
    revokeLease: counted((id) => store.revokeLease(id)),
    compact: counted((revision) => store.compact(revision)),
    linearizableRevision: counted(() => store.linearizableRevision()),
    causeOf: (revision) => store.causeOf(revision),
    status: () => store.status(),
    close: () => store.close(),
    busy() {
      const late = [...watches].filter(({ reached }) => reached < store.status().revision);
      for (const watching of late) watching.watch?.requestProgress();
      return inFlight > 0 || late.length > 0;
    },
  };
}
