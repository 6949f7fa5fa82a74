// The files that a configMap, secret, downwardAPI or projected volume holds.
// Invariant: what is asked for and not there is an error unless it is optional; a file's path stays inside its volume.
// Called by: host.ts. Next on the way: host.ts writes them.

import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from "#api";
import { podField, resourceField } from "../containers/fields.ts";
import type { NodeMachine } from "../settings.ts";
import type { ObjectReader } from "./objects.ts";
import type { TokenSource } from "./tokens.ts";

export interface VolumeFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
  /** For the pod's user alone, where there is one: tokens. */
  readonly private?: boolean;
}

export interface FileSources {
  readonly objects: ObjectReader;
  readonly tokens: { get(pod: Pod, source: TokenSource): Promise<string> };
  readonly machine: NodeMachine;
  readonly hostIps: readonly string[];
}

const defaultMode = 0o644;

function checked(path: string): string {
  if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`path ${path} leaves its volume`);
  return path;
}

interface KeyedSource {
  readonly what: "configmap" | "secret";
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean;
  readonly mode: number;
}

const missingKey = (what: KeyedSource["what"], key: string): string =>
  what === "configmap" ? `configmap references non-existent config key: ${key}` : `references non-existent secret key: ${key}`;

async function keyed(pod: Pod, source: KeyedSource, objects: ObjectReader): Promise<VolumeFile[]> {
  const { namespace = "", uid = "" } = pod.metadata;
  let data: Map<string, Uint8Array> | undefined;
  if (source.what === "configmap") {
    const map = await objects.get<ConfigMap>(uid, "configmaps", namespace, source.name);
    const text = Object.entries(map?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    const binary = Object.entries(map?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const);
    if (map) data = new Map<string, Uint8Array>([...text, ...binary]);
  } else {
    const secret = await objects.get<Secret>(uid, "secrets", namespace, source.name);
    if (secret) data = new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
  }
  if (!data) {
    if (source.optional) return [];
    throw new Error(`${source.what} "${source.name}" not found`);
  }
  if (!source.items) return [...data].map(([path, content]) => ({ path: checked(path), content, mode: source.mode }));
  const files: VolumeFile[] = [];
  for (const { key, path, mode } of source.items) {
    const content = data.get(key);
    if (content) files.push({ path: checked(path), content, mode: mode ?? source.mode });
    else if (!source.optional) throw new Error(missingKey(source.what, key));
  }
  return files;
}

function downward(pod: Pod, items: readonly DownwardAPIVolumeFile[] | undefined, mode: number, sources: FileSources): VolumeFile[] {
  const live = { podIps: (pod.status?.podIPs ?? []).map((one) => one.ip ?? ""), hostIps: sources.hostIps };
  return (items ?? []).map((item) => {
    const { resourceFieldRef } = item;
    const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    const container = all.find((one) => one.name === resourceFieldRef?.containerName);
    let text = "";
    if (item.fieldRef) text = podField(pod, item.fieldRef.fieldPath, live);
    else if (resourceFieldRef && container) text = resourceField(container, resourceFieldRef, sources.machine);
    return { path: checked(item.path), content: Buffer.from(text), mode: item.mode ?? mode };
  });
}

/** The one user that all containers run as, where the pod names one. */
export function userOf(pod: Pod): number | undefined {
  const { containers = [], initContainers = [], securityContext } = pod.spec ?? {};
  const users = [...initContainers, ...containers].map((one) => one.securityContext?.runAsUser ?? securityContext?.runAsUser);
  return users.every((user) => user === users[0]) ? users[0] : undefined;
}

type PodVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/** undefined: the volume does not consist of files. */
export async function volumeFiles(pod: Pod, volume: PodVolume, sources: FileSources): Promise<VolumeFile[] | undefined> {
  const { objects } = sources;
  if (volume.configMap) {
    const { name = "", items, optional = false, defaultMode: mode = defaultMode } = volume.configMap;
    return keyed(pod, { what: "configmap", name, items, optional, mode }, objects);
  }
  if (volume.secret) {
    const { secretName: name = "", items, optional = false, defaultMode: mode = defaultMode } = volume.secret;
    return keyed(pod, { what: "secret", name, items, optional, mode }, objects);
  }
  if (volume.downwardAPI) return downward(pod, volume.downwardAPI.items, volume.downwardAPI.defaultMode ?? defaultMode, sources);
  if (!volume.projected) return undefined;
  const mode = volume.projected.defaultMode ?? defaultMode;
  const files: VolumeFile[] = [];
  for (const { configMap, secret, downwardAPI, serviceAccountToken, ...other } of volume.projected.sources ?? []) {
    if (configMap) {
      files.push(
        ...(await keyed(
          pod,
          { what: "configmap", name: configMap.name ?? "", items: configMap.items, optional: configMap.optional ?? false, mode },
          objects,
        )),
      );
    } else if (secret) {
      files.push(
        ...(await keyed(
          pod,
          { what: "secret", name: secret.name ?? "", items: secret.items, optional: secret.optional ?? false, mode },
          objects,
        )),
      );
    } else if (downwardAPI) files.push(...downward(pod, downwardAPI.items, mode, sources));
    else if (serviceAccountToken) {
      const content = Buffer.from(await sources.tokens.get(pod, serviceAccountToken));
      // A token is its user's alone; where the containers run as several users, whoever is in the pod may read it.
      const secret = userOf(pod) !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
      files.push({ path: checked(serviceAccountToken.path), content, mode: secret ? 0o600 : mode, private: true });
    } else throw new Error(`projected source ${Object.keys(other).join(", ")} is not supported by dhow`);
  }
  return files;
}
