// The bundle every case starts from: a busybox root filesystem and a config.json with nothing special, and how a case changes it.
// Invariant: nothing here knows a runtime; the same bytes are given to all of them.
// Called by: play.ts, report.ts. Next on the way: prelude.sh, the shell that drives the runtime.

import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Edit } from "./cases.ts";

type Json = Record<string, unknown>;

/** Debian's busybox-static, in whichever of its two places. */
export const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path)) ?? "/bin/busybox";

/** The shell in busybox finds its own commands, so that only what config.json names by path needs a link. */
const commands = ["sh", "true", "false", "cat", "echo", "sleep", "env", "id", "pwd", "printf"];
const folders = ["bin", "dev", "etc", "home/sailor", "mnt", "opt", "proc", "root", "run", "sys", "tmp", "usr/bin"];

export function writeRootfs(rootfs: string): void {
  for (const folder of folders) mkdirSync(join(rootfs, folder), { recursive: true });
  chmodSync(join(rootfs, "tmp"), 0o1777);
  copyFileSync(busybox, join(rootfs, "bin/busybox"));
  for (const command of commands) symlinkSync("busybox", join(rootfs, "bin", command));
  writeFileSync(join(rootfs, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nsailor:x:1000:1000:sailor:/home/sailor:/bin/sh\n");
  writeFileSync(join(rootfs, "etc/group"), "root:x:0:\nsailor:x:1000:\nfishers:x:2000:sailor\n");
}

/** What container engines grant by default. */
const capabilities =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

const mounts = [
  { destination: "/proc", type: "proc", source: "proc" },
  { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
];

export function baseConfig(inside: string, cgroupsPath: string): Json {
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ["/bin/sh", "-c", inside === "" ? "true" : inside],
      env: ["PATH=/bin:/usr/bin"],
      cwd: "/",
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    mounts: structuredClone(mounts),
    linux: {
      cgroupsPath,
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}

/** `$BUNDLE`, `$ID` … in every string of a value. */
function fill(value: unknown, words: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return value.replaceAll(/\$([A-Z]+)/gu, (all, word: string) => words.get(word) ?? all);
  if (Array.isArray(value)) return value.map((item) => fill(item, words));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, words)]));
}

function matches(item: unknown, pattern: unknown): boolean {
  if (typeof pattern !== "object" || pattern === null || typeof item !== "object" || item === null) return item === pattern;
  return Object.entries(pattern).every(([key, value]) => matches((item as Json)[key], value));
}

export function applyEdit(config: Json, edit: Edit, words: ReadonlyMap<string, string>): void {
  const path = edit.path.split(".");
  const last = path.pop() ?? "";
  let node: Json = config;
  for (const key of path) node = (node[key] ??= {}) as Json;
  const value = fill(edit.value, words);
  const old = node[last];
  if (edit.op === "set") node[last] = value;
  else if (edit.op === "add") node[last] = [...(Array.isArray(old) ? (old as unknown[]) : []), value];
  else if (value === undefined) delete node[last];
  else node[last] = (old as unknown[]).filter((item) => !matches(item, value));
}

export function configOf(inside: string, edits: readonly Edit[], words: ReadonlyMap<string, string>): Json {
  const config = baseConfig(fill(inside, words) as string, `/dhow-oci/${words.get("ID") ?? ""}`);
  for (const edit of edits) applyEdit(config, edit, words);
  return config;
}
