// Volumes: folders that change as one, paths that stay inside, tokens that stay young, hosts files.
// Invariant: works in a temporary folder of its own; nothing is mounted, nobody need be root.
// Called by: npm test.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Pod, TokenRequest } from "#api";
import type { Client } from "#client";
import { ManualClock, silentLog } from "#lib";
import { writeAtomically } from "./atomic.ts";
import { userOf, type VolumeFile } from "./files.ts";
import { hostNetworkHostsText, hostsText } from "./hosts.ts";
import { checkHostPath, prepareSubPath, tmpfsSize } from "./paths.ts";
import { renewAtMs, Tokens } from "./tokens.ts";

/** Which kind an object is matters to none of these. */
const kinded = { kind: "", apiVersion: "v1" };

const file = (path: string, text: string, mode = 0o644): VolumeFile => ({ path, content: Buffer.from(text), mode });

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "dhow-volumes-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("files appear through ..data; equal files touch nothing; keys come and go; the old set is removed", () => {
  inFolder((folder) => {
    const visible = (): string[] =>
      readdirSync(folder)
        .filter((name) => !name.startsWith(".."))
        .toSorted();
    assert.equal(writeAtomically(folder, [file("a", "1"), file("deep/b", "2", 0o600)], {}, 0), true);
    assert.equal(readlinkSync(join(folder, "a")), "..data/a");
    assert.match(readlinkSync(join(folder, "..data")), /^\.\.1970_01_01_00_00_00\.\w+$/);
    assert.equal(statSync(join(folder, "deep/b")).mode & 0o777, 0o600);
    const first = readlinkSync(join(folder, "..data"));
    assert.equal(writeAtomically(folder, [file("a", "1"), file("deep/b", "2", 0o600)], {}, 5000), false);
    assert.equal(readlinkSync(join(folder, "..data")), first);
    assert.equal(writeAtomically(folder, [file("a", "new"), file("c", "3")], {}, 5000), true);
    assert.deepEqual(visible(), ["a", "c"]);
    assert.equal(readFileSync(join(folder, "a"), "utf8"), "new");
    assert.equal(existsSync(join(folder, first)), false);
    assert.equal(writeAtomically(folder, [], {}, 6000), true);
    assert.deepEqual(visible(), []);
  });
});

test("a changed mode alone is a change", () => {
  inFolder((folder) => {
    writeAtomically(folder, [file("a", "1", 0o644)], {}, 0);
    assert.equal(writeAtomically(folder, [file("a", "1", 0o400)], {}, 0), true);
    assert.equal(statSync(join(folder, "a")).mode & 0o777, 0o400);
  });
});

test("a sub path is made where it is missing, and never leaves its volume", () => {
  inFolder((folder) => {
    const volume = join(folder, "v");
    mkdirSync(volume);
    mkdirSync(join(folder, "outside"));
    assert.equal(prepareSubPath(volume, join(volume, "a/b")), join(volume, "a/b"));
    assert.ok(statSync(join(volume, "a/b")).isDirectory());
    symlinkSync("../outside", join(volume, "out"));
    assert.throws(() => prepareSubPath(volume, join(volume, "out")), /leaves its volume/);
    assert.throws(() => prepareSubPath(volume, join(volume, "out/new")), /leaves its volume/);
    assert.equal(existsSync(join(folder, "outside/new")), false);
  });
});

test("a hostPath is what it must be", () => {
  inFolder((folder) => {
    checkHostPath(join(folder, "made"), "DirectoryOrCreate");
    checkHostPath(join(folder, "file"), "FileOrCreate");
    checkHostPath(join(folder, "nothing"), "");
    assert.throws(() => checkHostPath(join(folder, "file"), "Directory"), /hostPath type check failed: .*file is not a directory/);
    assert.throws(() => checkHostPath(join(folder, "made"), "Socket"), /made is not a socket/);
    assert.throws(() => checkHostPath(join(folder, "nothing"), "CharDevice"), /nothing is not a character device/);
  });
});

test("a volume in memory is as large as was asked, at most the machine's memory, by default half of it", () => {
  assert.deepEqual(
    [tmpfsSize("8Mi", 1e9), tmpfsSize(undefined, 1e9), tmpfsSize("9Gi", 1e9), tmpfsSize("0", 1e9)],
    [8_388_608, 5e8, 1e9, 5e8],
  );
});

test("the one user of a pod, where there is one", () => {
  const pod = (users: readonly (number | undefined)[], whole?: number): Pod => ({
    ...kinded,
    metadata: {},
    spec: {
      ...(whole === undefined ? {} : { securityContext: { runAsUser: whole } }),
      containers: users.map((user, index) => ({
        name: `c${index}`,
        ...(user === undefined ? {} : { securityContext: { runAsUser: user } }),
      })),
    },
  });
  assert.deepEqual(
    [userOf(pod([5, 5])), userOf(pod([5, 6])), userOf(pod([undefined], 7)), userOf(pod([undefined, 3]))],
    [5, undefined, 7, undefined],
  );
});

test("a token is renewed at 80 % of its life, and after a day at the latest", () => {
  assert.equal(renewAtMs(3600_000, 3600), 2880_000);
  const week = 7 * 86_400;
  assert.equal(renewAtMs(week * 1000, week), 86_400_000);
});

test("tokens are kept while young, asked for again in time, and an old one serves while there is no new one", async () => {
  const clock = new ManualClock();
  let asked = 0;
  let broken = false;
  const answer = (): TokenRequest => ({
    ...kinded,
    metadata: {},
    spec: { audiences: [], expirationSeconds: 3600 },
    status: { token: `t${++asked}`, expirationTimestamp: new Date(clock.nowMs() + 3600_000).toISOString() },
  });
  const subresource = () => (broken ? Promise.reject(new Error("no answer")) : Promise.resolve(answer()));
  const client = { resource: () => ({ subresource }) } as unknown as Client;
  const tokens = new Tokens(client, clock, silentLog());
  const pod: Pod = { ...kinded, metadata: { name: "p", namespace: "d", uid: "u" }, spec: { containers: [] } };
  const get = () => tokens.get(pod, { expirationSeconds: 3600 });
  assert.deepEqual([await get(), await get()], ["t1", "t1"]);
  assert.equal(tokens.dueAtMs("u")! - clock.nowMs(), 2880_000);
  clock.advance(2880_000);
  assert.equal(await get(), "t2");
  clock.advance(2880_000);
  broken = true;
  assert.equal(await get(), "t2");
  clock.advance(720_000);
  await assert.rejects(get(), /failed to fetch token: no answer/);
  tokens.release("u");
  assert.equal(tokens.dueAtMs("u"), undefined);
});

test("hosts files, of a pod's own network and of the host's", () => {
  const pod: Pod = {
    ...kinded,
    metadata: { name: "p", namespace: "d" },
    spec: { containers: [], hostname: "h", subdomain: "s", hostAliases: [{ ip: "192.0.2.1", hostnames: ["a", "b"] }] },
  };
  const text = hostsText(pod, ["10.0.0.2", "fd00::2"], "cluster.local");
  assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
  assert.match(text, /\n10\.0\.0\.2\th\.s\.d\.svc\.cluster\.local\th\nfd00::2\th\.s\.d/);
  assert.match(text, /\n\n# Entries added by HostAliases\.\n192\.0\.2\.1\ta\tb\n$/);
  assert.equal(
    hostNetworkHostsText({ ...kinded, metadata: {}, spec: { containers: [] } }, "x\n"),
    "# Kubernetes-managed hosts file (host network).\nx\n",
  );
});
