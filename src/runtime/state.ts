// The state folder: ROOT/ID/state.json, and beside it the FIFO that holds a created container back.
// Invariant: a status is never stored, it is seen: the FIFO, the process with its start time, the freezer. A file appears whole or not at all.
// Called by: every command. Next on the way: status.ts.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CgroupGroup, machineHierarchies, processStartTime } from "#linux";
import { type Config, parseExactJson, stringifyExactJson } from "./config.ts";
import { RuntimeError } from "./errors.ts";

export const specVersion = "1.2.0";

export type Status = "creating" | "created" | "running" | "paused" | "stopped";

export interface ContainerState {
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly config: Config;
  readonly created: string;
  readonly owner: string;
  /** -1 until there is a process. */
  readonly pid: number;
  readonly startTime: string;
  /** As config.json says, or what it means where it says nothing. */
  readonly cgroupsPath: string;
  /** Runs without rights of its own: control groups may be missing. */
  readonly rootless: boolean;
}

export const containerFolder = (root: string, id: string): string => join(root, id);
export const fifoPath = (root: string, id: string): string => join(root, id, "exec.fifo");

export function checkId(id: string): void {
  if (id === "") throw new RuntimeError("container id cannot be empty");
  if (!/^[\w+.-]+$/u.test(id) || id === "." || id === "..") throw new RuntimeError("invalid container ID format");
}

/** The place of a container that is made now; refused where there is one of that name. */
export function claimFolder(root: string, id: string): string {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const folder = containerFolder(root, id);
  try {
    mkdirSync(folder, { mode: 0o711 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new RuntimeError("container with given ID already exists");
    throw error;
  }
  return folder;
}

export function saveState(root: string, state: ContainerState): void {
  const path = join(containerFolder(root, state.id), "state.json");
  writeFileSync(`${path}.new`, stringifyExactJson(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function loadState(root: string, id: string): ContainerState {
  checkId(id);
  try {
    return parseExactJson(readFileSync(join(containerFolder(root, id), "state.json"), "utf8")) as ContainerState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new RuntimeError("container does not exist");
    throw error;
  }
}

export function listStates(root: string): ContainerState[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((id) => {
    try {
      return [loadState(root, id)];
    } catch {
      return []; // Being made or removed at this moment.
    }
  });
}

export function removeState(root: string, id: string): void {
  rmSync(containerFolder(root, id), { recursive: true, force: true });
}

export function groupOf(state: Pick<ContainerState, "cgroupsPath">): CgroupGroup {
  return new CgroupGroup(machineHierarchies(), state.cgroupsPath);
}

export function isAlive({ pid, startTime }: Pick<ContainerState, "pid" | "startTime">): boolean {
  return pid > 0 && processStartTime(pid) === startTime;
}

export function statusOf(root: string, state: ContainerState, group: CgroupGroup = groupOf(state)): Status {
  if (state.pid < 0) return "creating";
  if (!isAlive(state)) return "stopped";
  if (group.frozen()) return "paused";
  return existsSync(fifoPath(root, state.id)) ? "created" : "running";
}

/** As the specification has it: what hooks get on stdin and `state` prints first. */
export function specState(state: ContainerState, status: Status): Record<string, unknown> {
  const { id, bundle, config } = state;
  const annotations = Object.keys(config.annotations ?? {}).length > 0 ? { annotations: config.annotations } : {};
  const pid = status === "stopped" || state.pid < 0 ? {} : { pid: state.pid };
  return { ociVersion: specVersion, id, status, ...pid, bundle, ...annotations };
}
