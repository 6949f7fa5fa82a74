// ConfigMaps and Secrets: keys, sizes, types, and `immutable`, which means it.
// Invariant: all values together stay below 1 MiB; a Secret's type never changes; stringData is only a way to write data.
// Called by: kinds/index.ts. Next on the way: kubelet volumes.

import { own } from "#lib";
import type { ApiObject } from "../machinery/object.ts";
import type { ConfigMap, Secret } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { byteLength, compareBytes } from "../meta/gotext.ts";
import { isConfigMapKey } from "../meta/names.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, sameMap } from "./common.ts";
import type { KindRules } from "./rules.ts";

const maxBytes = 1024 * 1024;
const immutable = "field is immutable when `immutable` is set";

const keysOf = (map: Record<string, string> | undefined): string[] => Object.keys(map ?? {}).sort(compareBytes);
const base64Bytes = (text: string): number => Buffer.byteLength(text, "base64");

function checkKeys(field: string, map: Record<string, string> | undefined): FieldError[] {
  return keysOf(map).flatMap((key) => isConfigMapKey(key).map((complaint) => fieldError.invalid(`${field}[${key}]`, key, complaint)));
}

function validateConfigMap(map: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of keysOf(map.data)) {
    for (const complaint of isConfigMapKey(key)) errors.push(fieldError.invalid(`data[${key}]`, key, complaint));
    if (own(map.binaryData, key) !== undefined)
      errors.push(fieldError.invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    size += byteLength(own(map.data, key) ?? "");
  }
  errors.push(...checkKeys("binaryData", map.binaryData));
  for (const value of Object.values(map.binaryData ?? {})) size += base64Bytes(value);
  if (size > maxBytes) errors.push(fieldError.tooLong("[]", maxBytes));
  return errors;
}

function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  if (old.immutable) {
    if (!map.immutable) errors.push(fieldError.forbidden("immutable", immutable));
    if (!sameMap(map.data, old.data)) errors.push(fieldError.forbidden("data", immutable));
    if (!sameMap(map.binaryData, old.binaryData)) errors.push(fieldError.forbidden("binaryData", immutable));
  }
  return [...errors, ...validateConfigMap(map)];
}

export const configMap: KindRules = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  nameRule: "dns1123-subdomain",
  validate: (object) => validateConfigMap(as<ConfigMap>(object)),
  validateUpdate: (object, old) => validateConfigMapUpdate(as<ConfigMap>(object), as<ConfigMap>(old)),
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Data", "How many keys it has."), ageColumn],
  row: (object, nowMs) => {
    const { data, binaryData } = as<ConfigMap>(object);
    const count = Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
    return { cells: [object.metadata.name ?? "", count, age(object.metadata.creationTimestamp, nowMs)] };
  },
};

function setSecretDefaults(object: ApiObject): void {
  const secret = as<Secret>(object);
  secret.type ||= "Opaque";
  if (!secret.stringData) return;
  const written = Object.entries(secret.stringData).map(([key, text]) => [key, Buffer.from(text, "utf8").toString("base64")]);
  // fromEntries defines own properties, so even a key `__proto__` stays a key.
  secret.data = Object.fromEntries([...Object.entries(secret.data ?? {}), ...written]) as Record<string, string>;
  delete secret.stringData;
}

/** Keys that a type promises. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
};

/** What Go's JSON reader says first. Simplification: exact only for a wrong first character and for a sudden end. */
function jsonComplaint(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const first = text.trimStart().charAt(0);
    return first === "" || '{["'.includes(first)
      ? "unexpected end of JSON input"
      : `invalid character '${first}' looking for beginning of value`;
  }
}

function checkSecretType(secret: Secret): FieldError[] {
  const type = secret.type ?? "";
  if (type === "kubernetes.io/service-account-token") {
    const name = own(secret.metadata?.annotations, "kubernetes.io/service-account.name");
    return name ? [] : [fieldError.required("metadata.annotations[kubernetes.io/service-account.name]")];
  }
  if (type === "kubernetes.io/basic-auth") {
    const has = (key: string): boolean => own(secret.data, key) !== undefined;
    if (has("username") || has("password")) return [];
    return [fieldError.required("data[username]"), fieldError.required("data[password]")];
  }
  for (const key of own(requiredKeys, type) ?? []) {
    const value = own(secret.data, key);
    if (value === undefined)
      return (own(requiredKeys, type) ?? [])
        .filter((one) => own(secret.data, one) === undefined)
        .map((one) => fieldError.required(`data[${one}]`));
    if (!key.startsWith(".docker")) continue;
    const complaint = jsonComplaint(Buffer.from(value, "base64").toString("utf8"));
    if (complaint) return [fieldError.invalid(`data[${key}]`, "<secret contents redacted>", complaint)];
  }
  return [];
}

function validateSecret(secret: Secret): FieldError[] {
  const errors = checkKeys("data", secret.data);
  const size = Object.values(secret.data ?? {}).reduce((sum, value) => sum + base64Bytes(value), 0);
  if (size > maxBytes) errors.push(fieldError.tooLong("data", maxBytes));
  return [...errors, ...checkSecretType(secret)];
}

function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  const errors: FieldError[] = [];
  if (secret.type !== old.type) errors.push(fieldError.invalid("type", secret.type ?? "", "field is immutable"));
  if (old.immutable) {
    if (!secret.immutable) errors.push(fieldError.forbidden("immutable", immutable));
    if (!sameMap(secret.data, old.data)) errors.push(fieldError.forbidden("data", immutable));
  }
  return [...errors, ...validateSecret(secret)];
}

export const secret: KindRules = {
  group: "",
  version: "v1",
  kind: "Secret",
  nameRule: "dns1123-subdomain",
  setDefaults: setSecretDefaults,
  // A writer that leaves the type out means the old one.
  prepareForUpdate: (object, old) => {
    const [now, then] = [as<Secret>(object), as<Secret>(old)];
    if (!now.type && then.type) now.type = then.type;
  },
  validate: (object) => validateSecret(as<Secret>(object)),
  validateUpdate: (object, old) => validateSecretUpdate(as<Secret>(object), as<Secret>(old)),
  selectableFieldNames: ["type"],
  selectableFields: (object) => ({ type: as<Secret>(object).type ?? "" }),
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Type", "What the data is for."), column("Data", "How many keys it has."), ageColumn],
  row: (object, nowMs) => {
    const { type, data } = as<Secret>(object);
    return {
      cells: [object.metadata.name ?? "", type ?? "", Object.keys(data ?? {}).length, age(object.metadata.creationTimestamp, nowMs)],
    };
  },
};
