// Where a cluster keeps its things: one folder per cluster, every path in it named here.
// Invariant: nothing of a cluster lies outside its folder; names that would leave the folder are refused.
// Called by: everything in compose/, cmd/ and cli/. Next on the way: folder.ts, which opens it.

import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface StatePaths {
  readonly name: string;
  readonly directory: string;
  readonly format: string;
  readonly lock: string;
  readonly settings: string;
  /** As whom the serving parts run, when root started them. */
  readonly user: string;
  readonly kubeconfig: string;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  readonly traces: string;
  readonly run: string;
  readonly socket: string;
  /** Folders of real nodes: root's. */
  readonly nodes: string;
  /** Folders of simulated nodes: whose process writes them. */
  readonly simulated: string;
  /** Where a cluster in virtual time is told how time passes: in the folder of the process that listens there. */
  readonly clock: string;
  readonly containerd: string;
}

export class StateError extends Error {
  override name = "StateError";
}

/** `sun_path` holds 108 bytes with its end, and the socket is first bound under a name four characters longer. */
const socketPathBytes = 103;

export function dhowHome(env: NodeJS.ProcessEnv): string {
  return resolve(env["DHOW_HOME"] ?? join(homedir(), ".dhow"));
}

export function statePaths(home: string, name: string): StatePaths {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
    throw new StateError(
      `cluster name ${JSON.stringify(name)}: lower-case letters, digits and "-", at most 32, starting and ending with a letter or digit`,
    );
  const directory = join(home, name);
  const { socket } = pathsIn(directory, name);
  if (Buffer.byteLength(socket) > socketPathBytes)
    throw new StateError(`${socket} is too long for a socket (${socketPathBytes} bytes); set DHOW_HOME to a shorter folder`);
  return pathsIn(directory, name);
}

/** For a process that was started in the folder: the folders above may be closed to it, so it never names them. */
export function enteredPaths(name: string): StatePaths {
  return pathsIn(".", name);
}

function pathsIn(directory: string, name: string): StatePaths {
  const inside = (path: string): string => join(directory, path);
  return {
    name,
    directory,
    format: inside("format"),
    lock: inside("lock"),
    settings: inside("settings.json"),
    user: inside("user.json"),
    kubeconfig: inside("kubeconfig"),
    pki: inside("pki"),
    store: inside("store"),
    logs: inside("log"),
    traces: inside("trace"),
    run: inside("run"),
    socket: inside("run/supervisor.sock"),
    nodes: inside("nodes"),
    simulated: inside("simulated"),
    clock: inside("simulated/clock"),
    containerd: inside("containerd"),
  };
}
