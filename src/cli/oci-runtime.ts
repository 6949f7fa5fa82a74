// The OCI runtime that a cluster's own containerd starts containers with: runc, or the one of --oci-runtime, `dhow-runtime` for our own.
// Invariant: reads only; what is kept in the settings is an absolute path, so that the next `up` means the same program.
// Called by: preflight.ts. Next on the way: compose/containerd.ts, which writes it into containerd's configuration as BinaryName.

import { accessSync, constants, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ClusterSettings } from "#compose";
import { findProgram } from "./host.ts";

export interface OciRuntimeOptions {
  readonly ociRuntime?: string;
}

const ownName = "dhow-runtime";

/** Beside the launcher, whether this is the repository or a package. */
function ownProgram(): string | undefined {
  const path = join(import.meta.dirname, "../../bin", ownName);
  return refusal(path) === undefined ? path : undefined;
}

function refusal(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "is no file";
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "may not be executed" : "does not exist";
  }
}

/** A name means the program on the PATH; runc, which containerd takes by itself, is no choice to keep. */
export function chooseOciRuntime(
  { ociRuntime }: OciRuntimeOptions,
  previous: ClusterSettings | undefined,
): { readonly ociRuntime?: string } {
  if (ociRuntime === "runc") return {};
  const chosen =
    ociRuntime === undefined
      ? previous?.ociRuntime
      : ociRuntime.includes("/")
        ? resolve(ociRuntime)
        : ((ociRuntime === ownName ? ownProgram() : undefined) ?? findProgram(ociRuntime) ?? ociRuntime);
  return chosen === undefined ? {} : { ociRuntime: chosen };
}

export function ociRuntimeProblems({ ociRuntime: asked }: OciRuntimeOptions, settings: ClusterSettings): readonly string[] {
  const { ociRuntime, runtime, cri, nodes } = settings;
  if (asked !== undefined && (runtime !== "containerd" || nodes === 0))
    return ["--oci-runtime: only nodes with a containerd of dhow's own start containers with it"];
  if (asked !== undefined && cri !== undefined)
    return ["--oci-runtime with --cri: a runtime that is not ours starts containers with what its own configuration says"];
  if (ociRuntime === undefined || runtime !== "containerd" || nodes === 0) return [];
  if (!ociRuntime.includes("/")) return [`--oci-runtime: there is no program ${ociRuntime} on the PATH`];
  const why = refusal(ociRuntime);
  return why === undefined ? [] : [`--oci-runtime: ${ociRuntime} ${why}`];
}
