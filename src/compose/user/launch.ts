// How a process of ours starts under the cluster's user: what runs before it, what it inherits, what it is not told.
// Invariant: capabilities, groups and the way back to more rights are gone before the first line of ours runs; nothing of root's environment is handed on.
// Called by: cluster.ts for the parts, trial.ts for the attempt before. Next on the way: supervisor/shell.ts, which spawns.

import { join, relative } from "node:path";
import type { Code } from "./code.ts";
import type { User } from "./number.ts";

/** A process about to be spawned. Descriptors are files and folders that it gets opened, from number 3 on. */
export interface Launch {
  readonly argv: readonly string[];
  /** Where no program of util-linux sets the user, spawning itself does: nothing is kept then either, but `no_new_privs` is not set. */
  readonly user?: User;
}

export interface Dropping {
  readonly user: User;
  /** util-linux's, where it is. */
  readonly setpriv?: string;
  /** The code lies below a folder that is closed to others: the parts get it as an open folder, and the interpreter as an open file. */
  readonly through?: Code;
}

/** Numbers of the descriptors a part inherits. The cache of compiled code lies below the home, which may be closed too. */
export const descriptors = { cache: 3, code: 4, node: 5 } as const;

const openedAs = (number: number): string => `/proc/self/fd/${number}`;

export function asUser({ user, setpriv }: Dropping, argv: readonly string[]): Launch {
  if (setpriv === undefined) return { argv, user };
  const { uid, gid } = user;
  const rights = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];
  return { argv: [setpriv, `--reuid=${uid}`, `--regid=${gid}`, ...rights, "--", ...argv] };
}

export interface Start {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly main: string;
}

/** A path below the code's root, as a part finds it that holds the root open. */
export function throughRoot(code: Code, path: string): string {
  return join(openedAs(descriptors.code), relative(code.root, path));
}

/** The same start by way of the descriptors. Node must not ask for the real paths, which lead through the closed folder. */
export function startThrough(start: Start, code: Code): Start {
  return {
    execPath: openedAs(descriptors.node),
    execArgv: [...start.execArgv, "--preserve-symlinks", "--preserve-symlinks-main"],
    main: throughRoot(code, code.main),
  };
}

/** What a part may inherit of the environment of whoever started the cluster: how programs behave, never what somebody holds. */
const harmless = /^(PATH|TZ|LANG|LC_[A-Z]+|NO_COLOR|NODE_[A-Z_]+|UV_[A-Z_]+|DHOW_MUTANTS|DHOW_MY)$/;

/** Node's options may name files of ours (a broken world's hooks), which a part below a closed folder finds through the root it holds open. */
export function environment(of: Readonly<Record<string, string | undefined>>, through?: Code): Record<string, string> {
  const kept = Object.entries(of).filter((entry): entry is [string, string] => entry[1] !== undefined && harmless.test(entry[0]));
  const seen = through
    ? kept.map(([key, value]) => [key, value.replaceAll(`${through.root}/`, `${throughRoot(through, through.root)}/`)])
    : kept;
  return { ...Object.fromEntries(seen), HOME: "/", NODE_COMPILE_CACHE: openedAs(descriptors.cache) };
}
