// config.json of a bundle, as the runtime specification has it for Linux: only the form.
// Invariant: every field of the specification that has an effect on Linux is here; what of it is not supported, validate.ts refuses.
// Called by: everything in runtime/. Next on the way: validate.ts.

import type { CgroupResources, SeccompProfile } from "#linux";

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface ProcessConfig {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user?: {
    readonly uid?: number;
    readonly gid?: number;
    readonly umask?: number;
    readonly additionalGids?: readonly number[];
  };
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd: string;
  readonly capabilities?: Readonly<Partial<Record<CapabilitySet, readonly string[]>>>;
  readonly rlimits?: readonly { readonly type: string; readonly soft: number | bigint; readonly hard: number | bigint }[];
  readonly noNewPrivileges?: boolean;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  readonly oomScoreAdj?: number;
  readonly scheduler?: {
    readonly policy: string;
    readonly nice?: number;
    readonly priority?: number;
    readonly flags?: readonly string[];
    readonly runtime?: number;
    readonly deadline?: number;
    readonly period?: number;
  };
  readonly ioPriority?: { readonly class: string; readonly priority: number };
  readonly execCPUAffinity?: object;
}
export type CapabilitySet = "bounding" | "effective" | "permitted" | "inheritable" | "ambient";

export interface MountConfig {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface Hook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout?: number;
}
export const hookPhases = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] as const;
export type HookPhase = (typeof hookPhases)[number];

export interface NamespaceConfig {
  readonly type: string;
  readonly path?: string;
}

export interface DeviceConfig {
  readonly path: string;
  readonly type: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface LinuxConfig {
  readonly namespaces?: readonly NamespaceConfig[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly timeOffsets?: Readonly<Record<string, { readonly secs?: number; readonly nanosecs?: number }>>;
  readonly devices?: readonly DeviceConfig[];
  readonly cgroupsPath?: string;
  readonly resources?: CgroupResources;
  readonly rootfsPropagation?: string;
  readonly seccomp?: SeccompProfile | null;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  readonly intelRdt?: object;
  readonly personality?: { readonly domain: string; readonly flags?: readonly string[] };
  readonly memoryPolicy?: object;
  readonly netDevices?: object;
}

export interface Config {
  readonly ociVersion: string;
  readonly process?: ProcessConfig;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts?: readonly MountConfig[];
  readonly hooks?: Readonly<Partial<Record<HookPhase, readonly Hook[]>>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: LinuxConfig;
  readonly vm?: object;
  readonly windows?: object;
  readonly solaris?: object;
  readonly zos?: object;
}

/** Numbers beyond 2^53 (arguments of system calls, unlimited rlimits) keep every digit. */
export function parseExactJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d+$/u.test(source) ? BigInt(source) : value;
  }) as unknown;
}

/** JSON with every digit of a bigint. */
export function stringifyExactJson(value: unknown): string {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? rawJSON(`${inner}`) : inner));
}
