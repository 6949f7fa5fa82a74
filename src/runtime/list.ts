// `state`, `list`, `ps`: what there is and how it is.
// Invariant: only looks.
// Called by: cli/. Next on the way: update.ts.

import { spawnSync } from "node:child_process";
import { RuntimeError } from "./errors.ts";
import { type ContainerState, groupOf, listStates, loadState, specState, statusOf } from "./state.ts";

export interface ListedContainer {
  readonly ociVersion: string;
  readonly id: string;
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: string;
}

function listed(root: string, state: ContainerState): ListedContainer {
  const { rootfs, created, owner } = state;
  const status = statusOf(root, state);
  const { annotations, ...rest } = specState(state, status) as unknown as Omit<ListedContainer, "rootfs" | "created" | "owner">;
  return { ...rest, pid: status === "stopped" ? 0 : state.pid, rootfs, created, ...(annotations ? { annotations } : {}), owner };
}

export function stateOf(root: string, id: string): ListedContainer {
  return listed(root, loadState(root, id));
}

export function list(root: string): ListedContainer[] {
  return listStates(root).map((state) => listed(root, state));
}

export function listTable(containers: readonly ListedContainer[]): string {
  const rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
  for (const { id, pid, status, bundle, created, owner } of containers) rows.push([id, `${pid}`, status, bundle, created, owner]);
  const widths = rows[0]!.map((_title, column) => Math.max(12, ...rows.map((row) => row[column]!.length + 1)));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join(""))
    .join("\n");
}

/** Pids of the container's processes, as the machine counts them. */
export function processes(root: string, id: string): number[] {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") throw new RuntimeError("container is not running");
  return groupOf(state).pids();
}

/** The lines of ps(1) that are the container's. */
export function processTable(root: string, id: string, options: readonly string[]): string {
  const pids = new Set(processes(root, id).map(String));
  const { stdout, error } = spawnSync("ps", options.length > 0 ? options : ["-ef"], { encoding: "utf8" });
  if (error) throw new RuntimeError(`ps: ${error.message}`);
  const [title = "", ...lines] = stdout.trimEnd().split("\n");
  const column = title.trim().split(/\s+/u).indexOf("PID");
  if (column < 0) throw new RuntimeError("couldn't find PID field in ps output");
  return [title, ...lines.filter((line) => pids.has(line.trim().split(/\s+/u)[column] ?? ""))].join("\n");
}
