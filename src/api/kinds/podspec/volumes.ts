// Volumes: one source each, names that are unique and can be mounted.
// Invariant: only volumes without a fault can be mounted; sources of clouds and arrays are let through unread.
// Called by: validation.ts. Next on the way: containers.ts, where mounts name them.

import type { KeyToPath, Volume } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isDns1123Label } from "../../meta/names.ts";
import { Quantity } from "../../meta/quantity.ts";
import { nameErrors } from "../checks.ts";
import { backstepErrors, filePathErrors, modeErrors } from "./paths.ts";

const hostPathTypes = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

function itemErrors(field: string, items: readonly KeyToPath[] | undefined): FieldError[] {
  return (items ?? []).flatMap((item, i) => {
    const path = `${field}.items[${i}]`;
    const errors: FieldError[] = [];
    if (!item.key) errors.push(fieldError.required(`${path}.key`));
    if (!item.path) errors.push(fieldError.required(`${path}.path`));
    return [...errors, ...filePathErrors(`${path}.path`, item.path ?? ""), ...modeErrors(`${path}.mode`, item.mode)];
  });
}

function projectedErrors(field: string, projected: NonNullable<Volume["projected"]>): FieldError[] {
  const errors = modeErrors(`${field}.defaultMode`, projected.defaultMode);
  const paths = new Set<string>();
  const claim = (path: string | undefined, shown: string): void => {
    if (!path) return;
    if (paths.has(path)) errors.push(fieldError.invalid(field, shown, "conflicting duplicate paths"));
    paths.add(path);
  };
  const { sources = [] } = projected;
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i]!;
    const path = `${field}.sources[${i}]`;
    for (const kind of ["secret", "configMap"] as const) {
      const part = source[kind];
      if (!part) continue;
      if (!part.name) errors.push(fieldError.required(`${path}.${kind}.name`));
      errors.push(...itemErrors(`${path}.${kind}`, part.items));
      for (const item of part.items ?? []) claim(item.path, part.name ?? "");
    }
    for (const file of source.downwardAPI?.items ?? []) claim(file.path, file.path ?? "");
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = token.expirationSeconds ?? 3600;
      const at = `${path}.serviceAccountToken.expirationSeconds`;
      if (seconds < 600) errors.push(fieldError.invalid(at, seconds, "may not specify a duration less than 10 minutes"));
      if (seconds > 2 ** 32) errors.push(fieldError.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"));
      if (!token.path) errors.push(fieldError.required(`${field}.path`));
      else errors.push(...filePathErrors(`${field}.path`, token.path));
    }
    let used = 0;
    for (const kind of Object.keys(source) as (keyof typeof source)[]) if (source[kind] !== undefined && source[kind] !== null) used++;
    if (used > 1) errors.push(fieldError.forbidden(path, "may not specify more than 1 volume type per source"));
  }
  return errors;
}

type Check = (field: string, volume: Volume) => FieldError[];

/** Sources in the order in which upstream looks for them. */
const checks: readonly [keyof Volume, Check][] = [
  [
    "emptyDir",
    (field, { emptyDir }) => {
      const limit = emptyDir?.sizeLimit;
      if (limit === undefined || Quantity.parse(limit).sign >= 0) return [];
      return [fieldError.forbidden(`${field}.sizeLimit`, "SizeLimit field must be a valid resource quantity")];
    },
  ],
  [
    "hostPath",
    (field, { hostPath }) => {
      if (!hostPath?.path) return [fieldError.required(`${field}.path`)];
      const errors = backstepErrors(`${field}.path`, hostPath.path);
      const type = hostPath.type ?? "";
      if (!hostPathTypes.includes(type)) errors.push(fieldError.notSupported(`${field}.type`, type, hostPathTypes));
      return errors;
    },
  ],
  [
    "secret",
    (field, { secret }) => {
      const errors = secret?.secretName ? [] : [fieldError.required(`${field}.secretName`)];
      return [...errors, ...modeErrors(`${field}.defaultMode`, secret?.defaultMode), ...itemErrors(field, secret?.items)];
    },
  ],
  [
    "nfs",
    (field, { nfs }) => {
      const errors = (["server", "path"] as const).filter((key) => !nfs?.[key]).map((key) => fieldError.required(`${field}.${key}`));
      if (!nfs?.path?.startsWith("/")) errors.push(fieldError.invalid(`${field}.path`, nfs?.path ?? "", "must be an absolute path"));
      return errors;
    },
  ],
  [
    "persistentVolumeClaim",
    (field, { persistentVolumeClaim: claim }) => (claim?.claimName ? [] : [fieldError.required(`${field}.claimName`)]),
  ],
  ["downwardAPI", (field, { downwardAPI }) => modeErrors(`${field}.defaultMode`, downwardAPI?.defaultMode)],
  [
    "configMap",
    (field, { configMap }) => {
      const errors = configMap?.name ? [] : [fieldError.required(`${field}.name`)];
      return [...errors, ...modeErrors(`${field}.defaultMode`, configMap?.defaultMode), ...itemErrors(field, configMap?.items)];
    },
  ],
  ["projected", (field, { projected }) => (projected ? projectedErrors(field, projected) : [])],
  ["csi", (field, { csi }) => (csi?.driver ? [] : [fieldError.required(`${field}.driver`)])],
];

function sourceErrors(field: string, volume: Volume): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const [key, check] of checks) {
    if (volume[key] === undefined || volume[key] === null) continue;
    if (count++ > 0) errors.push(fieldError.forbidden(`${field}.${key}`, "may not specify more than 1 volume type"));
    else errors.push(...check(`${field}.${key}`, volume));
  }
  return errors;
}

export function validateVolumes(field: string, volumes: readonly Volume[]): { volumes: Map<string, Volume>; errors: FieldError[] } {
  const mountable = new Map<string, Volume>();
  const errors: FieldError[] = [];
  for (const [i, volume] of volumes.entries()) {
    const path = `${field}[${i}]`;
    const found = sourceErrors(path, volume);
    if (!volume.name) found.push(fieldError.required(`${path}.name`));
    else found.push(...nameErrors(`${path}.name`, volume.name, isDns1123Label));
    if (mountable.has(volume.name ?? "")) found.push(fieldError.duplicate(`${path}.name`, volume.name ?? ""));
    if (found.length === 0) mountable.set(volume.name ?? "", volume);
    else errors.push(...found);
  }
  return { volumes: mountable, errors };
}
