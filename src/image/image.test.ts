// The pause program and the archive around it: the bytes, and, on x86-64 Linux, the program itself.
// Invariant: equal input gives equal bytes; the program ends at SIGTERM with status 0.
// Called by: npm test.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { imageArchive, pauseArchive } from "./archive.ts";
import { loadedNames, namelessImage } from "./load.ts";
import { pauseProgram } from "./pause.ts";
import { tar } from "./tar.ts";

test("the pause program is a small static ELF for each machine", () => {
  for (const [architecture, machine] of [
    ["amd64", 62],
    ["arm64", 183],
  ] as const) {
    const program = pauseProgram(architecture);
    assert.equal(program.toString("latin1", 1, 4), "ELF");
    assert.equal(program.readUInt16LE(18), machine);
    assert.ok(program.length < 300);
    assert.equal(Number(program.readBigUInt64LE(96)), program.length, "the segment is the whole file");
  }
});

const runnable = process.platform === "linux" && process.arch === "x64";
test("it waits, outlives other signals it waits for, and ends at SIGTERM", { skip: runnable ? false : "needs x86-64 Linux" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-pause-"));
  try {
    const path = join(folder, "pause");
    writeFileSync(path, pauseProgram("amd64"), { mode: 0o755 });
    const child = spawn(path, { stdio: "ignore", timeout: 10_000, killSignal: "SIGKILL" });
    const ended = new Promise<[number | null, string | null]>((resolve) => child.on("exit", (...how) => resolve(how)));
    await new Promise((resolve) => child.on("spawn", resolve));
    // Spawned means exec'd; the mask is set within its first three system calls.
    await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGCHLD");
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an archive names every blob by its digest and says its name to containerd", () => {
  const archive = pauseArchive("amd64");
  assert.deepEqual(archive, pauseArchive("amd64"));
  const entries = new Map<string, Buffer>();
  for (let at = 0; archive[at] !== 0; ) {
    const name = archive.toString("utf8", at, archive.indexOf(0, at));
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    entries.set(name, archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  for (const [name, bytes] of entries) {
    const digest = /^blobs\/sha256\/(.+)$/.exec(name)?.[1];
    if (digest !== undefined && bytes.length > 0) assert.equal(createHash("sha256").update(bytes).digest("hex"), digest);
  }
  const index = JSON.parse(entries.get("index.json")!.toString()) as { manifests: { annotations: Record<string, string> }[] };
  assert.equal(index.manifests[0]!.annotations["io.containerd.image.name"], "dhow.local/pause:1");
});

test("a tar path of more than a hundred bytes is refused, not cut", () => {
  assert.throws(() => tar([{ path: "x".repeat(101), content: Buffer.alloc(0) }]), /longer than 100 bytes/);
  assert.throws(
    () => imageArchive({ reference: "a:1", architecture: "amd64", files: [{ path: "y".repeat(200), linkTo: "z" }] }),
    RangeError,
  );
});

test("what ctr says was loaded", () => {
  assert.deepEqual(loadedNames("unpacking dhow.local/a:1 (sha256:12)...done\nunpacking b:2 (sha256:3)...done\n"), [
    "dhow.local/a:1",
    "b:2",
  ]);
});

test("an image that its archive does not name is told from one that it does", () => {
  assert.equal(namelessImage("import-2026-01-31@sha256:12"), true);
  assert.equal(namelessImage("docker.io/library/import-2026:1"), false);
});
