// The mounts of this mount namespace, from /proc/self/mountinfo, and unmounting what lies below a folder.
// Invariant: nothing outside the named folder is ever unmounted; inner mounts go before outer ones.
// Called by: cri/containerd's shutdown (through compose), kubelet volumes. Next on the way: machine.ts.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Mount {
  readonly target: string;
  readonly fsType: string;
  readonly source: string;
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export function parseMountInfo(text: string): readonly Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const separator = line.indexOf(" - ");
    if (separator < 0) continue;
    const left = line.slice(0, separator).split(" ");
    const right = line.slice(separator + 3).split(" ");
    mounts.push({ target: unescape(left[4] ?? ""), fsType: right[0] ?? "", source: unescape(right[1] ?? "") });
  }
  return mounts;
}

export function mounts(): readonly Mount[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** Mounts at or below `directory`, innermost (latest) first. */
export function mountsBelow(directory: string, all: readonly Mount[] = mounts()): readonly Mount[] {
  const prefix = directory.endsWith("/") ? directory : `${directory}/`;
  return all.filter((mount) => mount.target === directory || mount.target.startsWith(prefix)).toReversed();
}

/** Detaches every mount at or below `directory`; says which. A mount that will not go is named in the error. */
export async function unmountBelow(directory: string): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const { target } of mountsBelow(directory)) {
    await run("umount", ["-l", target]);
    gone.push(target);
  }
  return gone;
}

/** Runs a short command; rejects with its name, arguments, status and what it wrote to stderr. Killed after `timeoutMs`. */
export function run(
  command: string,
  args: readonly string[],
  options: { timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 30_000,
      killSignal: "SIGKILL",
      ...(options.env ? { env: options.env } : {}),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout.length < 1 << 20) stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < 1 << 16) stderr += text;
    });
    child.on("error", (error) => reject(new Error(`${command} ${args.join(" ")}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")}: ${signal ?? `exit status ${code}`}: ${stderr.trim()}`));
    });
  });
}
