// The files that a configMap, secret, downwardAPI or projected volume holds.
// Invariant: what is asked for and not there is an error unless it is optional; a file's path stays inside its volume.
// Called by: host.ts. Next on the way: host.ts writes them.

import { ApiError, type ConfigMap, type DownwardAPIVolumeFile, type KeyToPath, type Pod, type Secret, type TokenRequest } from "#api";
import type { Client } from "#client";
import { podField, resourceField } from "../containers/fields.ts";
import type { NodeMachine } from "../settings.ts";

export interface VolumeFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface FileSources {
  readonly client: Client;
  readonly machine: NodeMachine;
  readonly hostIps: readonly string[];
}

const defaultMode = 0o644;

function checked(path: string): string {
  if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`path ${path} leaves its volume`);
  return path;
}

async function found<Kind>(read: Promise<Kind>): Promise<Kind | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 404) return undefined;
    throw error;
  }
}

interface KeyedSource {
  readonly what: "configmap" | "secret";
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean;
  readonly mode: number;
}

async function keyed(pod: Pod, source: KeyedSource, client: Client): Promise<VolumeFile[]> {
  const namespace = pod.metadata.namespace ?? "";
  let data: Map<string, Uint8Array> | undefined;
  if (source.what === "configmap") {
    const map = await found(client.resource<ConfigMap>("configmaps").get(namespace, source.name));
    const text = Object.entries(map?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    const binary = Object.entries(map?.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const);
    if (map) data = new Map<string, Uint8Array>([...text, ...binary]);
  } else {
    const secret = await found(client.resource<Secret>("secrets").get(namespace, source.name));
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
    else if (!source.optional) throw new Error(`references non-existent ${source.what} key: ${key}`);
  }
  return files;
}

function downward(pod: Pod, items: readonly DownwardAPIVolumeFile[] | undefined, mode: number, sources: FileSources): VolumeFile[] {
  const live = { podIps: (pod.status?.podIPs ?? []).map((one) => one.ip ?? ""), hostIps: sources.hostIps };
  return (items ?? []).map((item) => {
    const { resourceFieldRef } = item;
    const container = pod.spec?.containers.find((one) => one.name === resourceFieldRef?.containerName);
    let text = "";
    if (item.fieldRef) text = podField(pod, item.fieldRef.fieldPath, live);
    else if (resourceFieldRef && container) text = resourceField(container, resourceFieldRef, sources.machine);
    return { path: checked(item.path), content: Buffer.from(text), mode: item.mode ?? mode };
  });
}

async function token(pod: Pod, source: { audience?: string; expirationSeconds?: number; path: string }, client: Client): Promise<string> {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  const request: TokenRequest = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    spec: {
      audiences: source.audience === undefined || source.audience === "" ? [] : [source.audience],
      expirationSeconds: source.expirationSeconds ?? 3600,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
    },
  };
  const account = pod.spec?.serviceAccountName ?? "default";
  const answer = (await client.resource("serviceaccounts").subresource("POST", namespace, account, "token", request)) as TokenRequest;
  return answer.status?.token ?? "";
}

type PodVolume = NonNullable<NonNullable<Pod["spec"]>["volumes"]>[number];

/** undefined: the volume does not consist of files. */
export async function volumeFiles(pod: Pod, volume: PodVolume, sources: FileSources): Promise<VolumeFile[] | undefined> {
  const { client } = sources;
  if (volume.configMap) {
    const { name = "", items, optional = false, defaultMode: mode = defaultMode } = volume.configMap;
    return keyed(pod, { what: "configmap", name, items, optional, mode }, client);
  }
  if (volume.secret) {
    const { secretName: name = "", items, optional = false, defaultMode: mode = defaultMode } = volume.secret;
    return keyed(pod, { what: "secret", name, items, optional, mode }, client);
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
          client,
        )),
      );
    } else if (secret) {
      files.push(
        ...(await keyed(
          pod,
          { what: "secret", name: secret.name ?? "", items: secret.items, optional: secret.optional ?? false, mode },
          client,
        )),
      );
    } else if (downwardAPI) files.push(...downward(pod, downwardAPI.items, mode, sources));
    else if (serviceAccountToken) {
      const content = Buffer.from(await token(pod, serviceAccountToken, client));
      files.push({ path: checked(serviceAccountToken.path), content, mode });
    } else throw new Error(`projected source ${Object.keys(other).join(", ")} is not supported by dhow`);
  }
  return files;
}
