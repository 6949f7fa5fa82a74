// The store's refusals, in etcd's words: clients match these texts.
// Invariant: one code, one text.
// Called by: store.ts, watch/. Next on the way: contract.ts.

import { type Revision, StoreError } from "./contract.ts";

export const storeError = {
  compacted: (oldest: Revision) => new StoreError("compacted", "etcdserver: mvcc: required revision has been compacted", oldest),
  future: () => new StoreError("future", "etcdserver: mvcc: required revision is a future revision"),
  tooLarge: () => new StoreError("tooLarge", "etcdserver: request is too large"),
  noSpace: () => new StoreError("noSpace", "etcdserver: mvcc: database space exceeded"),
  leaseNotFound: () => new StoreError("leaseNotFound", "etcdserver: requested lease not found"),
  tooManyRequests: () => new StoreError("unavailable", "etcdserver: too many requests"),
  stopped: () => new StoreError("unavailable", "etcdserver: server stopped"),
  outcomeUnknown: () => new StoreError("outcomeUnknown", "etcdserver: request timed out"),
} as const;
