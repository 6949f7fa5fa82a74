// The store that an API server is given: ours on a disk, or somebody else's behind a network.
// Invariant: the API server cannot tell which; a store that fails ends the process, one that is merely away is waited for.
// Called by: control-plane.ts, components.ts. Next on the way: store/open.ts, store/remote/open.ts.

import { type ApiserverSettings, FlagError } from "#config";
import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import { openRemoteStore, openStore, type Store } from "#store";
import type { PartContext } from "./context.ts";
import { foreignStoreTls, prefixProblem, readTls, storeAddressProblem } from "./foreign-store.ts";

interface StoreParts {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** A control plane may be started before the store that it needs; after this long its supervisor starts it again. */
const patienceMs = 30_000;

export function clusterStore({ paths, settings, clock, prng, log, metrics }: PartContext): Promise<Store> {
  if (settings.store) return openRemoteStore({ ...settings.store, tls: foreignStoreTls(paths), clock, prng, log, patienceMs });
  return ownStore(paths.store, { clock, prng, log, metrics });
}

function ownStore(directory: string, parts: StoreParts): Promise<Store> {
  return openStore({
    ...parts,
    directory,
    // Whoever cannot write any more must not go on answering; the supervisor brings a process that reads the log anew.
    failed(error) {
      parts.log.error("the store failed", { error });
      process.exit(1);
    },
  });
}

/** As kube-apiserver's flags say it. */
export function storeOf(settings: ApiserverSettings, parts: StoreParts): Promise<Store> {
  const directory = settings["data-dir"];
  const servers = settings["etcd-servers"];
  if (servers.length === 0) {
    if (directory === "") throw new FlagError("required flags are missing: --data-dir, or --etcd-servers");
    return ownStore(directory, parts);
  }
  if (directory !== "") throw new FlagError("--data-dir and --etcd-servers exclude each other: the data lies in one store");
  const problem = storeAddressProblem(servers) ?? prefixProblem(settings["etcd-prefix"]);
  if (problem !== undefined) throw new FlagError(`--etcd-servers: ${problem}`);
  const tls = readTls({ ca: settings["etcd-cafile"], cert: settings["etcd-certfile"], key: settings["etcd-keyfile"] });
  return openRemoteStore({ ...parts, servers, prefix: settings["etcd-prefix"], tls, patienceMs });
}
