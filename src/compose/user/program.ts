// A serving part as a program of the supervisor: the plain one, or the same under the cluster's user.
// Invariant: what a part is told and what it does are the same either way; only who it is and how it finds its files differ.
// Called by: cluster.ts. Next on the way: supervisor/shell.ts.

import { existsSync } from "node:fs";
import type { StatePaths } from "../state/paths.ts";
import type { PartProgram } from "../supervisor/shell.ts";
import type { Serving } from "./decide.ts";
import { asUser, environment, type Start, startThrough } from "./launch.ts";
import { root } from "./number.ts";
import { cacheFolder, settleCache, settlePart } from "./settle.ts";

export interface Place {
  readonly home: string;
  readonly paths: StatePaths;
  readonly launcher: Start;
  /** The environment of whoever starts the cluster. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `argvOf` says how the part is started; without a home it is told that it starts in its state folder. `folders` are those that it alone writes. */
export function servingProgram(
  program: Omit<PartProgram, "argv">,
  { home, paths, launcher, environment: outer }: Place,
  serving: Serving | undefined,
  folders: readonly string[],
  argvOf: (start: Start, home: string | undefined) => readonly string[],
): PartProgram {
  const plain: PartProgram = { ...program, argv: argvOf(launcher, home) };
  // Whoever is no root has made everything in the folder, and stays who they are.
  if (!serving) return plain;
  // An earlier start may have handed things over, on machines where that is possible at all.
  if (!serving.dropping)
    return existsSync("/proc/self/fd") ? { ...plain, settle: () => settlePart(paths, program.name, folders, root) } : plain;
  const { dropping } = serving;
  const { user, through } = dropping;
  const launch = asUser(dropping, argvOf(through ? startThrough(launcher, through) : launcher, undefined));
  return {
    ...program,
    argv: launch.argv,
    settle() {
      // Somebody may have emptied the cache meanwhile.
      settleCache(home, user);
      settlePart(paths, program.name, folders, user);
    },
    dropped: {
      user,
      bySelf: launch.user === undefined,
      directory: paths.directory,
      env: environment(outer, through),
      opened: [cacheFolder(home, user), ...(through ? [through.root, through.node] : [])],
    },
  };
}
