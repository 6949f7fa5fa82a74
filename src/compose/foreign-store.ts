// What is to know of a store that is not ours: where it is, and which keys and certificates go with it.
// Invariant: loads no store: whoever only looks at flags needs none.
// Called by: cluster-store.ts, cli/foreign-store.ts. Next on the way: cluster-store.ts.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FlagError } from "#config";
import type { RemoteStoreOptions } from "#store";
import { findPair } from "./state/pki.ts";
import type { StatePaths } from "./state/paths.ts";

/** In the cluster's folder: the pair that is shown to a foreign store, and the authority that it is judged by. */
export const storeClient = "store-client";
export const storeCa = "store-ca.crt";

export function foreignStoreTls(paths: StatePaths): NonNullable<RemoteStoreOptions["tls"]> {
  const ca = join(paths.pki, storeCa);
  return { ...(existsSync(ca) && { ca: readFileSync(ca, "utf8") }), ...findPair(paths, storeClient) };
}

/** By file names; what is not named is left out. */
export function readTls(files: {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}): NonNullable<RemoteStoreOptions["tls"]> {
  if ((files.cert === "") !== (files.key === ""))
    throw new FlagError("a certificate for the store needs its key, and a key its certificate");
  const named = Object.entries(files).filter(([, file]) => file !== "");
  return Object.fromEntries(named.map(([name, file]) => [name, readFileSync(file, "utf8")]));
}

export function storeAddressProblem(servers: readonly string[]): string | undefined {
  for (const text of servers) {
    const url = URL.parse(text);
    if (!url || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.search !== "")
      return `${JSON.stringify(text)} is no address like http://127.0.0.1:2379`;
  }
  return undefined;
}

export function prefixProblem(prefix: string): string | undefined {
  return /^(\/[^/\0]+)+$/.test(prefix) ? undefined : `the prefix ${JSON.stringify(prefix)} is no path like /registry`;
}
