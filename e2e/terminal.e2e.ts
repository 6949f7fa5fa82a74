// A lab in a terminal that is closed in the middle: what it started ends with it, and its folder goes.
// Invariant: the terminal is a real one (util-linux `script`), and its end is the hangup that a closed window is.
// Called by: npm run e2e. Next on the way: src/cli/lab/stage.ts, which waits for a key.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { until } from "./nodes/world.ts";
import { launcher } from "./support/cluster.ts";

const nobody = 65534;
const home = mkdtempSync(join(tmpdir(), "dhow-terminal-"));
chmodSync(home, 0o777);
after(() => rmSync(home, { recursive: true, force: true }));

const folders = (): readonly string[] => readdirSync(home).filter((name) => name.startsWith("dhow-lab-"));
const alive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("keeper.ts");
  } catch {
    return false;
  }
};

test("a terminal that is closed takes along what a lab has started in it", { timeout: 120_000 }, async () => {
  const env = { ...process.env, HOME: home, DHOW_HOME: join(home, ".dhow"), TMPDIR: home, TERM: "xterm" };
  const { CI: _, NO_COLOR: __, ...terminal } = env as typeof env & { CI?: string; NO_COLOR?: string };
  const script = spawn("script", ["-qfc", `exec ${launcher} lab 1`, "/dev/null"], { env: terminal, uid: nobody, gid: nobody });
  let shown = "";
  script.stdout.on("data", (data: Buffer) => (shown += data.toString()));
  const prompts = (): number => shown.split("q quit").length - 1;
  await until("the first command waits for a key", async () => prompts() === 1);
  script.stdin.write("\r");
  await until("the keeper runs, and the next command waits", async () => prompts() === 2 && /keeper \d+ keeps/.test(shown));
  const keeper = Number(/keeper (\d+) keeps/.exec(shown)?.[1]);
  assert.ok(alive(keeper), shown);
  assert.equal(folders().length, 1);
  script.kill("SIGKILL");
  await until("nothing is left of it", async () => !alive(keeper) && folders().length === 0);
});
