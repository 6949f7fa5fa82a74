// `npm run labs`: plays every lab and chapter: healthy (green), broken (its check must go red), healed (green).
// Invariant: what this machine lacks is said by name at the end, and is not counted as played.
// Called by: package.json, .ci/run. Next on the way: src/cli/lab.ts, the verb a learner uses.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
// Where tools/e2e.ts unpacks Debian's kubectl, for machines without one of their own.
const path = `${process.env["PATH"]}:${join(root, ".cache/debian-kubectl/usr/bin")}`;
const { status } = spawnSync("sh", [join(root, "bin/dhow"), "lab", "--all"], { stdio: "inherit", env: { ...process.env, PATH: path } });
process.exitCode = status ?? 1;
