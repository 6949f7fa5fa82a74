// Log files: the format's odd lines, the tail, and following while the file grows and until its container ends.
// Invariant: a folder of its own in the system's temporary folder, no timers, no polling.
// Called by: npm test.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { wantedLogs } from "../server/logs.ts";
import { parseLogLine } from "./format.ts";
import { type ReadLogOptions, readLog } from "./read.ts";

const line = (text: string, tag = "F", stream = "stdout"): string => `2026-01-01T00:00:00.5Z ${stream} ${tag} ${text}\n`;

test("lines of the format", () => {
  const text = (raw: string): string | undefined => parseLogLine(Buffer.from(raw))?.text.toString();
  assert.equal(text(line("hello  there")), "hello  there\n");
  assert.equal(text(line("part", "P")), "part");
  assert.equal(text(line("")), "\n");
  assert.equal(text("2026-01-01T00:00:00Z stdout"), undefined);
  assert.equal(parseLogLine(Buffer.from(line("x", "F", "stderr")))?.stream, "stderr");
});

async function all(path: string, options: Partial<ReadLogOptions>): Promise<string> {
  const texts: string[] = [];
  const base = { follow: false, signal: new AbortController().signal, ended: Promise.resolve() };
  for await (const one of readLog(path, { ...base, ...options })) texts.push(one.text.toString());
  return texts.join("");
}

test("whole, tail, since, follow", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-log-"));
  const path = join(folder, "0.log");
  try {
    writeFileSync(path, Array.from({ length: 3000 }, (_, index) => line(`n${index} ${"x".repeat(50)}`)).join(""));
    assert.equal((await all(path, {})).split("\n").length, 3001);
    assert.match(await all(path, { tailLines: 2 }), /^n2998 x+\nn2999 x+\n$/);
    assert.equal(await all(path, { tailLines: 0 }), "");
    assert.equal((await all(path, { tailLines: 9999 })).split("\n").length, 3001);
    assert.equal(await all(path, { sinceMs: Date.UTC(2026, 0, 2) }), "");

    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const texts: string[] = [];
    for await (const one of readLog(path, { follow: true, tailLines: 1, ended, signal: new AbortController().signal })) {
      texts.push(one.text.toString().slice(0, 5));
      if (texts.length > 1) continue;
      appendFileSync(path, line("late"));
      end();
    }
    assert.deepEqual(texts, ["n2999", "late\n"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a tail that is not followed has no more lines than were asked for, whatever is written meanwhile", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-log-"));
  const path = join(folder, "0.log");
  try {
    writeFileSync(path, ["one", "two", "three"].map((text) => line(text)).join(""));
    const texts: string[] = [];
    for await (const one of readLog(path, {
      follow: false,
      tailLines: 2,
      ended: Promise.resolve(),
      signal: new AbortController().signal,
    })) {
      texts.push(one.text.toString());
      if (texts.length < 5) appendFileSync(path, line("late"));
    }
    assert.deepEqual(texts, ["two\n", "three\n"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a bad number is refused by name", () => {
  assert.equal(wantedLogs(new URLSearchParams("tailLines=x"), 0), "invalid tailLines: x");
  assert.equal(wantedLogs(new URLSearchParams("sinceTime=x"), 0), "invalid sinceTime: x");
  const wanted = wantedLogs(new URLSearchParams("follow=true&sinceSeconds=2&tailLines=3"), 10_000);
  assert.ok(typeof wanted === "object" && wanted.follow && wanted.sinceMs === 8000 && wanted.tailLines === 3);
});
