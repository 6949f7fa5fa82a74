// The state folder: format, lock, records, keys, tokens.
// Invariant shown: a newer format is refused by name, a dead holder's lock is broken, keys are 0600 and made once.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ManualClock } from "#lib";
import { openStateFolder, purgeState, readSettings, stateExists, writeSettings } from "./folder.ts";
import { StateError, statePaths } from "./paths.ts";
import { ensurePki } from "./make-pki.ts";
import { nodeTokens, pkiComplete } from "./pki.ts";
import { acquireLock, isAlive, LockedError, lockHolder, partRecords, recordOf, removePartRecord, writePartRecord } from "./processes.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-"));
after(() => rmSync(home, { recursive: true, force: true }));
const dead = { pid: process.pid, startTime: "1" };

test("names that would leave the folder, and folders too deep for a socket, are refused", () => {
  for (const name of ["", "..", "a/b", "A", "-a", "a-", "x".repeat(33)]) assert.throws(() => statePaths(home, name), StateError, name);
  assert.throws(() => statePaths(join(home, "d".repeat(100)), "a"), /too long for a socket/);
});

test("a folder is made once, refused when newer, and purged", () => {
  const paths = statePaths(home, "format");
  assert.equal(stateExists(paths), false);
  assert.deepEqual(openStateFolder(paths), { fresh: true });
  assert.deepEqual(openStateFolder(paths), { fresh: false });
  assert.equal(readFileSync(paths.format, "utf8"), "1\n");
  writeFileSync(paths.format, "2\n");
  assert.throws(() => openStateFolder(paths), /newer dhow \(format 2, this one knows 1\)/);
  writeFileSync(paths.format, "x\n");
  assert.throws(() => openStateFolder(paths), /no format number/);
  purgeState(paths);
  assert.equal(stateExists(paths), false);
});

test("settings are kept", () => {
  const paths = statePaths(home, "settings");
  openStateFolder(paths);
  assert.equal(readSettings(paths), undefined);
  const settings = { port: 6444, nodes: 1, simulatedNodes: 3, runtime: "simulated" as const, without: [] };
  writeSettings(paths, settings);
  assert.deepEqual(readSettings(paths), settings);
});

test("the lock: held by the living, broken when its holder is dead, released by its holder only", () => {
  const paths = statePaths(home, "lock");
  openStateFolder(paths);
  const lock = acquireLock(paths);
  assert.equal(lockHolder(paths)?.pid, process.pid);
  assert.throws(() => acquireLock(paths), LockedError);
  lock.release();
  assert.equal(lockHolder(paths), undefined);
  for (const left of [JSON.stringify(dead), "", "{}"]) {
    writeFileSync(paths.lock, left);
    assert.equal(lockHolder(paths), undefined);
    acquireLock(paths).release();
  }
  assert.deepEqual(
    readdirSync(paths.directory).filter((name) => name.startsWith("lock")),
    [],
  );
});

test("parts are remembered by pid and start time", () => {
  const paths = statePaths(home, "records");
  openStateFolder(paths);
  writePartRecord(paths, "control-plane", recordOf(process.pid));
  writePartRecord(paths, "node-a", dead);
  writeFileSync(join(paths.run, "broken.json"), "{");
  const records = partRecords(paths);
  assert.deepEqual([...records.keys()].toSorted(), ["control-plane", "node-a"]);
  assert.equal(isAlive(records.get("control-plane")!), true);
  assert.equal(isAlive(records.get("node-a")!), false);
  removePartRecord(paths, "node-a");
  assert.equal(partRecords(paths).size, 1);
});

test("keys are made once and only what is missing; tokens are good for one node each", async () => {
  const paths = statePaths(home, "pki");
  openStateFolder(paths);
  const clock = new ManualClock(Date.UTC(2026, 10, 1));
  const wanted = { clock, hostNames: ["host"], addresses: ["127.0.0.1"], nodes: ["pki-1"] };
  assert.equal(pkiComplete(paths, wanted.nodes), false);
  await ensurePki(paths, wanted);
  assert.equal(pkiComplete(paths, wanted.nodes), true);
  assert.equal(pkiComplete(paths, ["pki-1", "pki-2"]), false);
  const files = (): Record<string, string> =>
    Object.fromEntries(readdirSync(paths.pki).map((name) => [name, readFileSync(join(paths.pki, name), "utf8")]));
  const first = files();
  for (const name of Object.keys(first).filter((one) => one.endsWith(".key") || one.endsWith(".secret")))
    assert.equal(statSync(join(paths.pki, name)).mode & 0o777, 0o600, name);
  await ensurePki(paths, wanted);
  assert.deepEqual(files(), first);
  rmSync(join(paths.pki, "admin.crt"));
  await ensurePki(paths, wanted);
  const third = files();
  assert.notEqual(third["admin.crt"], first["admin.crt"]);
  assert.equal(third["ca.crt"], first["ca.crt"]);

  const tokens = nodeTokens(paths, (node) => node.startsWith("sim-"));
  const token = tokens.issue("sim-1");
  assert.equal(tokens.verify(token), "sim-1");
  assert.equal(tokens.verify(token.replace("sim-1", "sim-2")), undefined);
  assert.equal(tokens.verify(tokens.issue("real")), undefined);
  assert.equal(tokens.verify("dhow-node."), undefined);
  assert.equal(tokens.verify("eyJhbGciOi"), undefined);
});
