// The environment of a container: plain values, references, whole ConfigMaps and Secrets, and where the API server is.
// Invariant: a later entry wins over an earlier one; a missing reference that is not optional is an error with upstream's words.
// Called by: config.ts through pods/actions.ts. Next on the way: config.ts.

import { ApiError, type ConfigMap, type Container, type EnvVar, type Pod, type Secret } from "#api";
import type { Client } from "#client";
import type { NodeMachine } from "../settings.ts";
import { expand } from "./expand.ts";
import { type LivePodFields, podField, resourceField } from "./fields.ts";

export interface EnvInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly client: Client;
  readonly machine: NodeMachine;
  readonly live: LivePodFields;
  /** Services as variables; see services.ts. */
  readonly services: ReadonlyMap<string, string>;
}

/** Reads each object at most once per container start. */
class Objects {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #read = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  data(kind: "configmaps" | "secrets", name: string): Promise<ReadonlyMap<string, string> | undefined> {
    const key = `${kind}/${name}`;
    let reading = this.#read.get(key);
    if (!reading) {
      reading = this.#get(kind, name);
      this.#read.set(key, reading);
    }
    return reading;
  }

  async #get(kind: "configmaps" | "secrets", name: string): Promise<ReadonlyMap<string, string> | undefined> {
    try {
      if (kind === "configmaps") {
        return new Map(Object.entries((await this.#client.resource<ConfigMap>(kind).get(this.#namespace, name)).data ?? {}));
      }
      const { data = {} } = await this.#client.resource<Secret>(kind).get(this.#namespace, name);
      return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
    } catch (error) {
      if (error instanceof ApiError && error.status.code === 404) return undefined;
      throw error;
    }
  }
}

async function referenced(
  objects: Objects,
  namespace: string,
  kind: "configmaps" | "secrets",
  reference: { name?: string; key: string; optional?: boolean },
): Promise<string | undefined> {
  const { name = "", key, optional } = reference;
  const data = await objects.data(kind, name);
  const word = kind === "configmaps" ? "ConfigMap" : "Secret";
  if (!data) {
    if (optional) return undefined;
    throw new Error(`${kind === "configmaps" ? "configmap" : "secret"} "${name}" not found`);
  }
  const value = data.get(key);
  if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ${word} ${namespace}/${name}`);
  return value;
}

async function valueOf(variable: EnvVar, input: EnvInput, objects: Objects): Promise<string | undefined> {
  const { valueFrom } = variable;
  const namespace = input.pod.metadata.namespace ?? "";
  if (!valueFrom) return undefined;
  if (valueFrom.fieldRef) return podField(input.pod, valueFrom.fieldRef.fieldPath, input.live);
  if (valueFrom.resourceFieldRef) return resourceField(input.container, valueFrom.resourceFieldRef, input.machine);
  if (valueFrom.configMapKeyRef) return referenced(objects, namespace, "configmaps", valueFrom.configMapKeyRef);
  if (valueFrom.secretKeyRef) return referenced(objects, namespace, "secrets", valueFrom.secretKeyRef);
  throw new Error(`environment variable ${variable.name}: this source is not supported by dhow`);
}

export async function environment(input: EnvInput): Promise<ReadonlyMap<string, string>> {
  const objects = new Objects(input.client, input.pod.metadata.namespace ?? "");
  const result = new Map<string, string>();
  for (const { prefix = "", configMapRef, secretRef } of input.container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (!reference) continue;
    const kind = configMapRef ? "configmaps" : "secrets";
    const data = await objects.data(kind, reference.name ?? "");
    if (!data && !reference.optional) throw new Error(`${configMapRef ? "configmap" : "secret"} "${reference.name}" not found`);
    for (const [key, value] of data ?? []) result.set(prefix + key, value);
  }
  for (const variable of input.container.env ?? []) {
    // The container's own variables hide those of services.
    const known = new Map([...input.services, ...result]);
    const literal = variable.value ?? "";
    const value = literal === "" && variable.valueFrom ? await valueOf(variable, input, objects) : expand(literal, known);
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of input.services) if (!result.has(name)) result.set(name, value);
  return result;
}
