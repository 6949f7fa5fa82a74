// Files of a volume that would lie over each other: the later one wins, or neither can be made.
// Invariant: each pair is told once, at the later of the two.
// Called by: podspec.ts. Next on the way: kubelet/volumes, where they would meet.

import type { Volume, VolumeProjection } from "../../machinery/types.gen.ts";

interface Placed {
  readonly path: string;
  /** Where it comes from; empty where the volume has one source only. */
  readonly source: string;
}

const text = ({ path, source }: Placed): string => (source === "" ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`);

function overlap(one: Placed, other: Placed): boolean {
  if (one.path === "" || other.path === "") return false;
  return `${one.path}/`.startsWith(`${other.path}/`) || `${other.path}/`.startsWith(`${one.path}/`);
}

function overlaps(all: readonly Placed[]): string[] {
  if (all.length < 2) return [];
  const trimmed = all.map(({ path, source }) => ({ path: path.replace(/\/+$/, ""), source }));
  return trimmed.flatMap((one, i) => {
    const before = trimmed.slice(0, i).filter((other) => overlap(one, other));
    return before.map((other) => `${text(one)} with ${text(other)}`);
  });
}

const items = (given: readonly { path?: string }[] | undefined, source = ""): Placed[] =>
  (given ?? []).map(({ path = "" }) => ({ path, source }));

function projected({ configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle }: VolumeProjection): Placed[] {
  if (configMap?.items) return items(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? "")}`);
  if (secret?.items) return items(secret.items, `Secret ${JSON.stringify(secret.name ?? "")}`);
  if (downwardAPI?.items) return items(downwardAPI.items, "DownwardAPI");
  if (serviceAccountToken) return [{ path: serviceAccountToken.path, source: "ServiceAccountToken" }];
  if (!clusterTrustBundle) return [];
  const { name, signerName, path } = clusterTrustBundle;
  return [{ path, source: `ClusterTrustBundle ${JSON.stringify(name ?? signerName ?? "")}` }];
}

export function pathWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap(({ name, configMap, secret, downwardAPI, projected: sources }) => {
    if (!configMap?.items && !secret?.items && !downwardAPI?.items && !sources) return [];
    const told = (what: string, found: readonly Placed[]): string[] =>
      overlaps(found).map((one) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${one}`);
    const empty = (sources?.sources ?? []).filter((source) => Object.keys(source).length === 0);
    return [
      ...told(`ConfigMap ${JSON.stringify(configMap?.name ?? "")}`, items(configMap?.items)),
      ...told(`Secret ${JSON.stringify(secret?.secretName ?? "")}`, items(secret?.items)),
      ...told("DownwardAPI", items(downwardAPI?.items)),
      ...empty.map(() => `volume ${JSON.stringify(name)} (Projected) has no sources provided`),
      ...told("Projected", (sources?.sources ?? []).flatMap(projected)),
    ];
  });
}
