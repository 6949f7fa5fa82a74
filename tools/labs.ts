// `npm run labs`: plays every lab and chapter: healthy (green), broken (its check must go red), healed (green).
// Invariant: what this machine lacks is said by name at the end, and is not counted as played.
// Called by: package.json, .ci/run. Next on the way: src/cli/lab.ts, the verb a learner uses.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const launcher = join(import.meta.dirname, "../bin/dhow");
const { status } = spawnSync("sh", [launcher, "lab", "--all"], { stdio: "inherit" });
process.exitCode = status ?? 1;
