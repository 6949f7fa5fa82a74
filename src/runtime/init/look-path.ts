// Finding the program to run, as a shell would: by path, or along PATH of the container's own environment.
// Invariant: the answer is found before anybody is told that the container is created; refusals have the words of other runtimes.
// Called by: identity.ts. Next on the way: identity.ts.

import { isErrno, type Syscalls } from "#linux";
import { messageOf, RuntimeError } from "../errors.ts";

/** Why the path cannot be run; undefined: it can. */
function obstacle(path: string, syscalls: Pick<Syscalls, "mayExecute" | "statusOf">): string | undefined {
  try {
    if (syscalls.statusOf(path).type === "folder") return "is a directory";
    syscalls.mayExecute(path);
    return undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return `stat ${path}: no such file or directory`;
    if (isErrno(error, "ENOTDIR")) return `stat ${path}: not a directory`;
    if (isErrno(error, "EACCES")) return "permission denied";
    return messageOf(error);
  }
}

export function lookPath(name: string, env: readonly string[], syscalls: Pick<Syscalls, "mayExecute" | "statusOf">): string {
  const refuse = (why: string): never => {
    throw new RuntimeError(`exec: ${JSON.stringify(name)}: ${why}`);
  };
  if (name.includes("/")) {
    const why = obstacle(name, syscalls);
    return why === undefined ? name : refuse(why);
  }
  const path = env.findLast((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  for (const folder of path.split(":")) {
    const candidate = `${folder === "" ? "." : folder}/${name}`;
    if (obstacle(candidate, syscalls) === undefined) return candidate;
  }
  return refuse("executable file not found in $PATH");
}
