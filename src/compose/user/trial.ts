// Tries, as the cluster's user, what its parts will do on some later day: run the interpreter, read every file of the code.
// Invariant: asks the kernel by doing it, so that modes, access lists, mounts and whatever else decides are all asked; bounded in time.
// Called by: decide.ts. Next on the way: launch.ts, the same way for the real parts.

import { type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Code } from "./code.ts";
import { asUser, descriptors, type Dropping, startThrough, throughRoot } from "./launch.ts";

const boundMs = 10_000;

/** Why it failed; nothing when it ended with 0 and said nothing on standard output that counts. */
function attempt(dropping: Dropping, argv: readonly string[], open: readonly number[], silent: boolean): Promise<string | undefined> {
  const launch = asUser(dropping, argv);
  const options: SpawnOptions = {
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe", "ignore", ...open],
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" },
    timeout: boundMs,
    killSignal: "SIGKILL",
    ...launch.user,
  };
  return new Promise((resolve) => {
    const child = spawn(launch.argv[0]!, launch.argv.slice(1), options);
    let [out, said] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out = (out + text).slice(0, 2000)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, 2000)));
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      const trouble = said.trim().split("\n")[0] || (silent ? out.trim() : "");
      resolve(code === 0 && trouble === "" ? undefined : trouble || `${argv[0]} ended with ${signal ?? code}`);
    });
  });
}

/** Prints the first thing that is closed to the user, and stops there. */
const closed = ["(", "!", "-readable", "-o", "-type", "d", "!", "-executable", ")", "-print", "-quit"];

/** Undefined when the user reaches everything; otherwise the first reason why not. */
export async function tryAsUser(dropping: Dropping, code: Code, find: string): Promise<string | undefined> {
  const { through } = dropping;
  const start = { execPath: code.node, execArgv: [], main: code.main };
  const { execPath } = through ? startThrough(start, through) : start;
  const places = through ? code.places.map((place) => throughRoot(through, place)) : code.places;
  const open: number[] = [];
  try {
    if (through) for (const path of [through.root, through.node]) open.push(openSync(path, "r"));
    const [ran, read] = await Promise.all([
      attempt(dropping, [execPath, "--version"], open, false),
      attempt(dropping, [find, ...places, ...closed], open, true),
    ]);
    const why = ran ?? read;
    // Whoever reads it knows the files by their names, not by the descriptor.
    return why === undefined || !through
      ? why
      : why.replaceAll(`/proc/self/fd/${descriptors.code}`, through.root).replaceAll(execPath, through.node);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}
