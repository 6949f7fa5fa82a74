// Merging into a person's own kubeconfig: what stays, what is kept as a backup, what is refused.
// Invariant shown: no other entry and no current context changes unasked; a context that leads elsewhere is not touched.
// Called by: npm test. Next on the way: kubeconfig.ts.

import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { kubeconfigFor, readKubeconfig, writeKubeconfig } from "#config";
import { ManualClock } from "#lib";
import type { Io } from "./io.ts";
import { kubeconfig } from "./kubeconfig.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-kubeconfig-"));
after(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(join(home, "dev"));
writeFileSync(join(home, "dev/kubeconfig"), writeKubeconfig(kubeconfigFor("dev", { server: "https://127.0.0.1:6444", token: "t" })));

function person(file: string): { io: Io; said: string[] } {
  const said: string[] = [];
  const io: Io = {
    env: { DHOW_HOME: home, KUBECONFIG: file, HOME: home },
    clock: new ManualClock(),
    launcher: { execPath: "", execArgv: [], main: "" },
    tty: false,
    out: (line) => said.push(line),
    err: (line) => said.push(line),
  };
  return { io, said };
}

const theirs = `apiVersion: v1
kind: Config
clusters: [{name: prod, cluster: {server: "https://prod:6443"}}]
users: [{name: me, user: {exec: {command: aws, args: ["eks", "get-token:"], env: null}}}]
contexts: [{name: prod, context: {cluster: prod, user: me, namespace: team}}]
current-context: prod
preferences: {colors: true}
`;

test("what is there stays, ours is added, the old file is kept", async () => {
  const file = join(home, "config");
  const link = join(home, "link");
  writeFileSync(file, theirs, { mode: 0o640 });
  symlinkSync(file, link);
  const { io, said } = person(link);
  assert.equal(await kubeconfig(io, { name: "dev", merge: true }), 0);
  assert.match(said[0]!, /context "dev" is there; the current one is still "prod"; as it was before: .*config\.before-dhow$/);
  const merged = await readKubeconfig(readFileSync(file, "utf8"));
  const before = await readKubeconfig(theirs);
  assert.deepEqual(
    { ...merged, clusters: merged.clusters.slice(0, 1), users: merged.users.slice(0, 1), contexts: merged.contexts.slice(0, 1) },
    before,
  );
  assert.deepEqual(
    merged.contexts.map(({ name }) => name),
    ["prod", "dev"],
  );
  assert.equal(readFileSync(`${file}.before-dhow`, "utf8"), theirs);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual(
    readdirSync(home).filter((name) => name.includes("dhow-new")),
    [],
  );

  await kubeconfig(io, { name: "dev", merge: true, context: true });
  assert.equal((await readKubeconfig(readFileSync(file, "utf8")))["current-context"], "dev");
});

test("a file that is not there is made, closed to others", async () => {
  const file = join(home, "new/config");
  const { io } = person(file);
  await kubeconfig(io, { name: "dev", merge: true });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal((await readKubeconfig(readFileSync(file, "utf8")))["current-context"], "dev");
});

test("a context of our name that leads elsewhere, and a file that is none, are left alone", async () => {
  const file = join(home, "foreign");
  for (const [text, refusal] of [
    [
      writeKubeconfig(kubeconfigFor("dev", { server: "https://dev.example.com" })),
      /has a context "dev" that leads to https:\/\/dev\.example\.com; it stays/,
    ],
    ["kind: Pod\n", /cannot be read as a kubeconfig: kind is "Pod"/],
    ["{", /cannot be read as a kubeconfig/],
  ] as const) {
    writeFileSync(file, text);
    await assert.rejects(kubeconfig(person(file).io, { name: "dev", merge: true }), refusal);
    assert.equal(readFileSync(file, "utf8"), text);
    assert.ok(!existsSync(`${file}.before-dhow`));
  }
});

test("no cluster, and --context alone", async () => {
  const { io } = person(join(home, "x"));
  await assert.rejects(kubeconfig(io, { name: "none" }), /does not exist; `dhow up --name none` writes it/);
  await assert.rejects(kubeconfig(io, { name: "dev", context: true }), /say both/);
});
