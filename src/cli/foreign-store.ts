// `up --store`: somebody else's store instead of our own. What is wrong with it is known before anything is made.
// Invariant: a cluster keeps the store that it began with; its TLS files are copied into the cluster's folder, where the part that needs them may read.
// Called by: up.ts, preflight.ts, down.ts. Next on the way: compose/cluster-store.ts.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type ClusterSettings,
  foreignStoreTls,
  prefixProblem,
  type StatePaths,
  storeAddressProblem,
  storeCa,
  storeClient,
  writeWhole,
} from "#compose";
import { type Clock, systemPrng } from "#lib";
import type { RemoteStoreOptions } from "#store";

export interface ForeignStoreOptions {
  readonly store?: readonly string[];
  readonly storePrefix?: string;
  readonly storeCafile?: string;
  readonly storeCertfile?: string;
  readonly storeKeyfile?: string;
}

type StoreSettings = NonNullable<ClusterSettings["store"]>;

const details = ["storePrefix", "storeCafile", "storeCertfile", "storeKeyfile"] as const;
const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export function chooseStore(options: ForeignStoreOptions, previous: ClusterSettings | undefined): { readonly store?: StoreSettings } {
  if (!options.store) return previous?.store ? { store: previous.store } : {};
  const prefix = options.storePrefix ?? previous?.store?.prefix;
  return { store: { servers: options.store, ...(prefix !== undefined && { prefix }) } };
}

/** What can be said without asking the store. */
export function storeProblems(options: ForeignStoreOptions, previous: ClusterSettings | undefined, virtual: boolean): readonly string[] {
  const problems: string[] = [];
  if (!options.store) {
    for (const name of details) if (options[name] !== undefined) problems.push(`${flagOf(name)} belongs to --store`);
    return problems;
  }
  const address = storeAddressProblem(options.store);
  if (address !== undefined) problems.push(`--store: ${address}`);
  const prefix = options.storePrefix === undefined ? undefined : prefixProblem(options.storePrefix);
  if (prefix !== undefined) problems.push(`--store-prefix: ${prefix}`);
  if ((options.storeCertfile === undefined) !== (options.storeKeyfile === undefined))
    problems.push("--store-certfile and --store-keyfile belong together");
  if (virtual) problems.push("--store: a store elsewhere lives in the machine's time; it does not go with --clock virtual");
  const before = previous?.store;
  if (previous && !before && !previous.virtual)
    problems.push("--store: this cluster began with a store of its own; another --name, or `dhow down --purge`");
  if (before && options.storePrefix !== undefined && options.storePrefix !== before.prefix)
    problems.push(`--store-prefix: this cluster's keys begin with ${before.prefix ?? "/registry"}`);
  return problems;
}

function givenTls(options: ForeignStoreOptions): NonNullable<RemoteStoreOptions["tls"]> {
  const files = { ca: options.storeCafile, cert: options.storeCertfile, key: options.storeKeyfile };
  const given = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([name, file]) => [name, readFileSync(file, "utf8")]));
}

/** Whether it answers, as a list of what does not. */
export async function askStore(
  paths: StatePaths,
  options: ForeignStoreOptions,
  settings: ClusterSettings,
  clock: Clock,
): Promise<readonly string[]> {
  if (!settings.store) return [];
  const { openRemoteStore } = await import("#store");
  try {
    const tls = { ...foreignStoreTls(paths), ...givenTls(options) };
    const store = await openRemoteStore({ ...settings.store, tls, clock, prng: systemPrng() });
    await store.close();
    return [];
  } catch (error) {
    return [`--store: ${error instanceof Error ? error.message : String(error)}`];
  }
}

export function keepStoreTls(paths: StatePaths, options: ForeignStoreOptions): void {
  const { ca, cert, key } = givenTls(options);
  const files = [
    [storeCa, ca, 0o644],
    [`${storeClient}.crt`, cert, 0o644],
    [`${storeClient}.key`, key, 0o600],
  ] as const;
  for (const [name, text, mode] of files) {
    if (text === undefined) continue;
    const path = join(paths.pki, name);
    // An earlier one may belong to whom it was handed.
    rmSync(path, { force: true });
    writeWhole(path, text, mode);
  }
}

/** Where the data is when the cluster is gone. */
export function storeWords(settings: ClusterSettings | undefined): string | undefined {
  if (!settings?.store) return undefined;
  const { servers, prefix = "/registry" } = settings.store;
  return `the cluster's data stays in the store at ${servers.join(", ")}, below ${prefix}/`;
}
