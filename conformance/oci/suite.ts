// All chosen cases on all runtimes, some at once, each judged against what is written.
// Invariant: a verdict is `ok` only if every answer is the expected one and nothing is left behind; the machine is as it was before.
// Called by: run.ts. Next on the way: play.ts, table.ts.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "./cases.ts";
import { type Played, play, type Runtime } from "./play.ts";

export interface Result {
  readonly verdict: "ok" | "failed" | "known" | "mended" | "skipped";
  readonly why: string;
}
/** Case → runtime's name → result. */
export type Results = ReadonlyMap<Case, ReadonlyMap<string, Result>>;

/** Somebody without rights may run this runtime, wherever it lies, and make user namespaces. */
function rootless({ path }: Runtime): boolean {
  const somebody = { uid: 61_183, gid: 61_183, cwd: "/", stdio: "ignore", timeout: 60_000 } as const;
  return spawnSync("unshare", ["--user", "true"], somebody).status === 0 && spawnSync(path, ["--version"], somebody).status === 0;
}

/** A need is a path that must exist, `!path` one that must not; `program NAME` something on the PATH; `rootless` somebody who may. */
export function lacks(entry: Case, runtime: Runtime): string | undefined {
  return entry.needs.find((need) => {
    if (need === "rootless") return !rootless(runtime);
    if (need.startsWith("program ")) return !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((at) => existsSync(join(at, need.slice(8))));
    return need.startsWith("!") ? existsSync(need.slice(1)) : !existsSync(need);
  });
}

/** An expected line `~ PATTERN` is a regular expression for the whole line. */
export function answers(expected: string, got: string): boolean {
  const [want, have] = [expected.split("\n"), got.split("\n")];
  if (want.length !== have.length) return false;
  return want.every((line, index) =>
    line.startsWith("~ ") ? new RegExp(`^(?:${line.slice(2)})$`, "u").test(have[index] ?? "") : line === have[index],
  );
}

export function judge(entry: Case, runtime: Runtime, played: Played): Result {
  const wrong = entry.steps.findIndex((step, index) => !answers(step.expected, played.steps[index]?.expected ?? ""));
  const except = entry.except.get(runtime.name);
  if (wrong < 0 && played.leaks === "")
    return except === undefined ? { verdict: "ok", why: "" } : { verdict: "mended", why: `answers as written, though: ${except}` };
  if (except !== undefined) return { verdict: "known", why: except };
  if (wrong < 0) return { verdict: "failed", why: `left behind:\n${played.leaks}` };
  const want = entry.steps[wrong]?.expected ?? "";
  const got = played.steps[wrong]?.expected ?? "";
  const lines = [`$ ${entry.steps[wrong]?.command ?? ""}`, `want: ${want}`, `got:  ${got}`];
  if (played.said !== "") lines.push(`said: ${played.said.split("\n").slice(-6).join("\n")}`);
  return { verdict: "failed", why: lines.join("\n") };
}

/** The folders above the containers' cgroups, which a runtime makes and nobody removes; a relative path begins at this process's own. */
function removeParents(): void {
  const own = readFileSync("/proc/self/cgroup", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(":").slice(2).join(":"));
  const patterns = [...new Set(own)].flatMap((at) => [`/sys/fs/cgroup${at}/dhow-oci`, `/sys/fs/cgroup/*${at}/dhow-oci`]);
  for (const pattern of ["/sys/fs/cgroup/dhow-oci", "/sys/fs/cgroup/*/dhow-oci", ...patterns])
    for (const path of globSync(pattern)) {
      try {
        rmdirSync(path);
      } catch {
        // Somebody else's suite runs at the same time, or a case left something, which its own verdict says.
      }
    }
}

export interface Wanted {
  readonly cases: readonly Case[];
  readonly runtimes: readonly Runtime[];
  readonly jobs: number;
  /** Plays what a reference is known to answer otherwise, too. */
  readonly strict: boolean;
  readonly signal: AbortSignal;
  /** When a case is ended that does not end by itself. */
  readonly boundMs?: number;
  /** Hears of every verdict at once. */
  readonly told?: (entry: Case, runtime: Runtime, result: Result) => void;
}

export async function playAll({
  cases,
  runtimes,
  jobs,
  strict,
  signal,
  told,
  boundMs,
}: Wanted): Promise<{ results: Results; answers: Map<Case, Case["steps"]>; place: string }> {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-"));
  chmodSync(folder, 0o755);
  const results = new Map<Case, Map<string, Result>>(cases.map((entry) => [entry, new Map()]));
  const recorded = new Map<Case, Case["steps"]>();
  const note = (entry: Case, runtime: Runtime, result: Result): void => {
    results.get(entry)?.set(runtime.name, result);
    told?.(entry, runtime, result);
  };
  const waiting = cases.flatMap((entry) => runtimes.map((runtime) => ({ entry, runtime })));
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const job = waiting[next++];
      if (job === undefined || signal.aborted) return;
      const { entry, runtime } = job;
      const lacking = lacks(entry, runtime);
      if (lacking !== undefined) {
        note(entry, runtime, { verdict: "skipped", why: `this machine lacks ${lacking}` });
        continue;
      }
      const except = entry.except.get(runtime.name);
      if (except !== undefined && !strict) {
        note(entry, runtime, { verdict: "known", why: except });
        continue;
      }
      const played = await play(entry, runtime, { folder, id: `oci-${process.pid}-${next}`, ...(boundMs !== undefined && { boundMs }) });
      note(entry, runtime, judge(entry, runtime, played));
      recorded.set(entry, played.steps);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  removeParents();
  return { results, answers: recorded, place: folder };
}
