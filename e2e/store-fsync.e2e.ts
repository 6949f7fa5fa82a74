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

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const strace = spawnSync("strace", ["-V"]).error === undefined;

interface Syscall {
  readonly name: string;
  readonly fd: string;
  readonly text: string;
  readonly began: number;
  ended: number;
}

/** Calls in the order in which they began; one that another thread interrupted ends at its `resumed` line. */
function parse(trace: string): Syscall[] {
  const calls: Syscall[] = [];
  const open = new Map<string, Syscall>();
  for (const [at, line] of trace.split("\n").entries()) {
    const match = /^(\d+) +(?:<\.\.\. )?(\w+)(?:\((\d+)(.*)| resumed>.*)/.exec(line);
    if (!match) continue;
    const [, thread, name, fd, text] = match;
    if (fd === undefined) {
      const call = open.get(`${thread} ${name}`);
      if (call) call.ended = at;
      continue;
    }
    const unfinished = line.includes("<unfinished ...>");
    const call: Syscall = { name: name!, fd, text: text!, began: at, ended: unfinished ? Number.POSITIVE_INFINITY : at };
    calls.push(call);
    open.set(`${thread} ${name}`, call);
  }
  return calls;
}

for (const writers of [1, 16]) {
  test(`${writers} writers: each acknowledgement follows the fdatasync of its own record`, {
    skip: !strace && "strace is not installed",
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), "dhow-fsync-"));
    const out = join(directory, "trace");
    const calls = ["write", "pwrite64", "writev", "pwritev", "fdatasync", "fsync"].join(",");
    const node = [here("../bin/node"), here("./store-writer.ts"), join(directory, "store"), "200", `${writers}`];
    const run = spawnSync("strace", ["-f", "-s", "200000", "-e", `trace=${calls}`, "-o", out, "sh", ...node], {
      encoding: "utf8",
      timeout: 60_000,
    });
    strictEqual(run.status, 0, run.stderr);
    const seen = parse(readFileSync(out, "latin1"));
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
