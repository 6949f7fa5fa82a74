// Files that grow up to a bound.
// Invariant shown: the newest generation and one before it are kept, lines are whole, a missing folder costs lines and nothing else.

import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { macrotask } from "#lib";
import { growingFile, openLog, spanFile } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "dhow-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("the generation before is out of the way when the next is begun, and only then removed", () => {
  const path = join(folder, "generations.log");
  const forgotten: string[] = [];
  const file = growingFile(path, 10, (gone) => forgotten.push(existsSync(gone) ? readFileSync(gone, "utf8") : "nothing"));
  for (const text of ["first, long\n", "second, long\n", "third, long\n"]) file.write(text);
  file.close();
  assert.deepEqual(forgotten, ["nothing", "first, long\n"]);
  assert.equal(readFileSync(`${path}.1`, "utf8"), "second, long\n");
  assert.equal(readFileSync(path, "utf8"), "third, long\n");
});

test("a file that is full is kept as .1 and begun anew", () => {
  const path = join(folder, "a.log");
  const file = growingFile(path, 10);
  for (const line of ["first line\n", "second\n", "third\n", "fourth\n"]) file.write(line);
  file.close();
  assert.equal(readFileSync(path, "utf8"), "fourth\n");
  assert.equal(readFileSync(`${path}.1`, "utf8"), "second\nthird\n");
  growingFile(join(folder, "gone/b.log"), 10).write("x");
});

test("a log is a file of its owner's with one name: what lies in its place is taken away, and nothing is written through it", () => {
  const [secret, path] = [join(folder, "secret"), join(folder, "part.log")];
  const written = (): string => {
    const descriptor = openLog(path);
    writeSync(descriptor, "line\n");
    closeSync(descriptor);
    return readFileSync(path, "utf8");
  };
  writeFileSync(secret, "kept\n");
  for (const plant of [() => symlinkSync(secret, path), () => linkSync(secret, path), () => symlinkSync(join(folder, "nowhere"), path)]) {
    plant();
    assert.equal(written(), "line\n");
    assert.equal(written(), "line\nline\n", "its own file is gone on with");
    assert.ok(lstatSync(path).isFile());
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(readFileSync(secret, "utf8"), "kept\n");
    rmSync(path);
  }
});

test("spans are written after the macrotask that recorded them", async () => {
  const path = join(folder, "spans.jsonl");
  const sink = spanFile(path);
  const span = { traceId: "t", spanId: "s", name: "create pods", component: "x", startMs: 1, endMs: 2, attributes: {} };
  sink.record(span);
  sink.record(span);
  await macrotask();
  await macrotask();
  assert.deepEqual(
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
    [span, span],
  );
  sink.close();
});
