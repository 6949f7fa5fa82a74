// The proof by system calls: before each acknowledgement the write of its record, then an fdatasync of that file, both complete.
// Invariant: read from strace, not from our own word for it.
// Called by: tools/e2e.ts; needs strace. Next on the way: store-writer.ts.

import { ok, strictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseTrace, straceMissing, writesAndSyncs } from "./support/strace.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

for (const writers of [1, 16]) {
  test(`${writers} writers: each acknowledgement follows the fdatasync of its own record`, {
    skip: straceMissing() && "strace is not installed",
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), "dhow-fsync-"));
    const out = join(directory, "trace");
    const node = [here("../bin/node"), here("./store-writer.ts"), join(directory, "store"), "200", `${writers}`];
    const run = spawnSync("strace", ["-f", "-s", "200000", "-e", `trace=${writesAndSyncs}`, "-o", out, "sh", ...node], {
      encoding: "utf8",
      timeout: 60_000,
    });
    strictEqual(run.status, 0, run.stderr);
    const seen = parseTrace(readFileSync(out, "latin1"));
    rmSync(directory, { recursive: true });
    const acknowledgements = seen.filter(({ fd, text }) => fd === "1" && text.includes("ack "));
    strictEqual(acknowledgements.length, 200);
    for (const acknowledgement of acknowledgements) {
      const name = /ack (\d+-\d+)/.exec(acknowledgement.text)![1]!;
      const write = seen.find(({ name: call, text }) => call.includes("write") && text.includes(`marker-${name}-`));
      ok(write, `no write holds record ${name}`);
      const sync = seen.find(({ name: call, fd, began }) => call === "fdatasync" && fd === write.fd && began > write.ended);
      ok(sync && sync.ended < acknowledgement.began, `record ${name} was acknowledged before its fdatasync was over`);
    }
  });
}
