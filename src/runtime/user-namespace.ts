// New and joined user namespaces: util-linux goes first, since the kernel moves only processes with one thread, which Node never is.
// Invariant: the process inside does nothing before its users and groups are mapped.
// Called by: create.ts, exec.ts. Next on the way: launch.ts.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { NamespaceType, Syscalls } from "#linux";
import type { Config, IdMapping } from "./config.ts";
import { RuntimeError } from "./errors.ts";
import { receive } from "./protocol.ts";

export function tool(name: string): string {
  const path = [`/usr/bin/${name}`, `/bin/${name}`, `/usr/sbin/${name}`].find((candidate) => existsSync(candidate));
  if (path === undefined) throw new RuntimeError(`user and time namespaces need ${name} of util-linux, which this machine lacks`);
  return path;
}

export interface UserPrefix {
  readonly prefix: readonly string[];
  readonly isNew: boolean;
  /** The process we start is not the container's first: it makes the PID namespace, inside the user namespace, and a child in it. */
  readonly forks: boolean;
}

export function userPrefix(namespaces: ReadonlyMap<NamespaceType, string>): UserPrefix {
  const path = namespaces.get("user");
  if (path === undefined) return { prefix: [], isNew: false, forks: false };
  if (path !== "") return { prefix: [tool("nsenter"), `--user=${path}`, ...asItsRoot(), "--"], isNew: false, forks: false };
  const forks = namespaces.get("pid") === "";
  return { prefix: [tool("unshare"), "--user", "--keep-caps", ...(forks ? ["--pid", "--fork"] : []), "--"], isNew: true, forks };
}

/** Root becomes the namespace's root, lest its rights end with the next program; the owner of a namespace is that already. */
const asItsRoot = (): readonly string[] => (process.getuid?.() === 0 ? [] : ["--preserve-credentials"]);

export interface ForeignNamespaces {
  readonly user: string | undefined;
  readonly time: string | undefined;
  /** Only for whoever has no rights out here, but has them in the user namespace. */
  readonly pid: string | undefined;
}

/** Joins for a process of `exec`: namespaces that want one thread. */
export function enterPrefix({ user, time, pid }: ForeignNamespaces): readonly string[] {
  const options = [
    ...(user === undefined ? [] : [`--user=${user}`, ...asItsRoot()]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(pid === undefined ? [] : [`--pid=${pid}`]),
  ];
  return options.length === 0 ? [] : [tool("nsenter"), ...options, "--"];
}

const lines = (mappings: readonly IdMapping[]): string =>
  mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}`).join("\n");

/** Root writes any map; others their own user alone, or through a helper that knows what they were lent. */
export function writeMap(syscalls: Syscalls, pid: number, kind: "uid" | "gid", mappings: readonly IdMapping[]): void {
  const own = kind === "uid" ? process.getuid?.() : process.getgid?.();
  const [only] = mappings;
  if (process.getuid?.() === 0 || (mappings.length === 1 && only?.size === 1 && only.hostID === own)) {
    syscalls.writeFile(`/proc/${pid}/${kind}_map`, `${lines(mappings)}\n`);
    return;
  }
  const words = mappings.flatMap(({ containerID, hostID, size }) => [`${containerID}`, `${hostID}`, `${size}`]);
  const { status, stderr } = spawnSync(tool(`new${kind}map`), [`${pid}`, ...words], { encoding: "utf8" });
  if (status !== 0) throw new RuntimeError(`new${kind}map: ${stderr.trim()}`);
}

/** Waits for the process to be born, maps it, and says what its pid is out here. */
export function mapUser(syscalls: Syscalls, socket: number, config: Config, child: number): number {
  const message = receive(socket, syscalls);
  if (message?.type !== "born") throw new RuntimeError("unable to start container process: no new user namespace could be made");
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  const ownGroupOnly = process.getuid?.() !== 0 && gidMappings.length === 1 && gidMappings[0]?.size === 1;
  if (ownGroupOnly) syscalls.writeFile(`/proc/${message.pid}/setgroups`, "deny");
  writeMap(syscalls, message.pid, "uid", uidMappings);
  writeMap(syscalls, message.pid, "gid", gidMappings);
  return message.pid > 0 ? message.pid : child;
}
