// Plays one case on one runtime: a bundle, a shell in mount and PID namespaces of its own, the commands, and what is left behind.
// Invariant: whatever a case or a runtime does, its processes and mounts end with its namespaces; a case that hangs ends at a bound.
// Called by: run.ts, report.ts. Next on the way: prelude.sh, what the commands may call.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { busybox, configOf, writeRootfs } from "./bundle.ts";
import type { Case, Step } from "./cases.ts";

export interface Runtime {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface Played {
  readonly steps: readonly Step[];
  /** What the runtime said on stderr, for the reason of a failure. */
  readonly said: string;
  readonly leaks: string;
}

const usualBoundMs = 120_000;
const unified = "/sys/fs/cgroup/unified";

/** crun takes no mixture of cgroup v1 and v2; in its namespace an empty folder hides the v2 mount. */
function hideUnified(runtime: Runtime): string {
  return runtime.name === "crun" && existsSync(unified) ? `umount ${unified} && mount -t tmpfs none ${unified}` : ":";
}

/** crun gives the device behind its stdin to the container's user: each case has a /dev/null of its own. */
const ownNull = 'mknod -m 666 "$WORK/null" c 1 3 && mount --bind "$WORK/null" /dev/null';

function script(runtime: Runtime, steps: readonly Step[]): string {
  const lines = [
    hideUnified(runtime),
    ownNull,
    `. ${join(import.meta.dirname, "prelude.sh")}`,
    `mounts_now >"$WORK/mounts"`,
    'cd "$BUNDLE"',
  ];
  for (const [index, { command }] of steps.entries())
    lines.push(`{ ${command}\n} >"$WORK/${index}.out" 2>"$WORK/${index}.err" </dev/null`, `echo $? >"$WORK/${index}.code"`);
  return [...lines, "cd /", "finish"].join("\n");
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** stdout, then `refused` for a failure with a word of why, `exit N` for one without. */
function answerOf(work: string, index: number): string {
  const code = readText(join(work, `${index}.code`)).trim();
  const errors = readText(join(work, `${index}.err`)).trim();
  const lines = readText(join(work, `${index}.out`))
    .replaceAll("\r\n", "\n")
    .trimEnd()
    .split("\n");
  const printed = lines.filter((line) => line !== "").map((line) => line.trimEnd());
  if (code === "") printed.push("never ended");
  else if (code !== "0") printed.push(errors === "" ? `exit ${code}` : "refused");
  return printed.join("\n");
}

function runShell(text: string, env: Record<string, string>, boundMs: number): Promise<string> {
  // Whoever ends this process at once, with no time to tidy up, ends the case too.
  const dying = ["--pdeathsig", "KILL", "unshare"];
  const flags = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return new Promise((resolve) => {
    const child = spawn("setpriv", [...dying, ...flags, busybox, "sh", "-c", text], { env, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const bound = setTimeout(() => child.kill("SIGKILL"), boundMs);
    const done = (word: string): void => {
      clearTimeout(bound);
      resolve(word === "" ? "" : word + errors);
    };
    child.on("error", (error) => done(`${error.message}\n`));
    child.on("exit", (_code, signal) => done(signal === "SIGKILL" ? "the case was ended at its bound\n" : ""));
  });
}

/** What a runtime left was noted by the case; the machine itself is tidied in any event. Processes ended with their namespace. */
function removeGroups(id: string): void {
  for (const folder of globSync([`/sys/fs/cgroup/dhow-oci/${id}*`, `/sys/fs/cgroup/*/dhow-oci/${id}*`, `/sys/fs/cgroup/*/${id}*`])) {
    try {
      rmdirSync(folder);
    } catch {
      // Busy: the next look at the machine shows it.
    }
  }
}

export interface Place {
  /** A folder of the run, which everybody may walk through. */
  readonly folder: string;
  readonly id: string;
  /** When a case is ended that does not end by itself; what it waits for has an eighth of it. */
  readonly boundMs?: number;
}

export async function play(entry: Case, runtime: Runtime, place: Place): Promise<Played> {
  const { boundMs = usualBoundMs } = place;
  const work = join(place.folder, place.id);
  const [bundle, state] = [join(work, "bundle"), join(work, "state")];
  for (const folder of [work, bundle, state]) mkdirSync(folder);
  for (const folder of [work, bundle]) chmodSync(folder, 0o755);
  writeRootfs(join(bundle, "rootfs"));
  const words = new Map([
    ["BUNDLE", bundle],
    ["WORK", work],
    ["ID", place.id],
  ]);
  writeFileSync(join(bundle, "config.json"), JSON.stringify(configOf(entry.inside, entry.edits, words)));
  const env = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...Object.fromEntries(words),
    STATE: state,
    RUNTIME: runtime.path,
    NODE: process.execPath,
    TOOLS: import.meta.dirname,
    TRIES: `${Math.ceil(boundMs / 80)}`,
  };
  const outside = await runShell(script(runtime, entry.steps), env, boundMs);
  const steps = entry.steps.map((step, index) => ({ command: step.command, expected: answerOf(work, index) }));
  const said = entry.steps.map((_step, index) => readText(join(work, `${index}.err`)).trim()).filter((line) => line !== "");
  const left = `${outside}${readText(join(work, "leaks"))}`.trim();
  rmSync(work, { recursive: true, force: true });
  removeGroups(place.id);
  return { steps, said: said.join("\n"), leaks: left.replaceAll(place.id, "ID") };
}

/** A runtime by its path, or by its name where Debian puts it. */
export function findRuntime(text: string): Runtime {
  const paths = text.includes("/")
    ? [resolve(text)]
    : ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map((at) => join(at, text));
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`no such runtime: ${text}`);
  return { name: basename(path), path };
}
