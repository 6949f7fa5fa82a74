// Who runs as whom: the number, the reasons against it, the code that has to be readable, the start, and what changes hands.
// Invariant shown: root is never dropped half, no link of a user's leads root elsewhere, and no secret of root's environment is handed on.

import assert from "node:assert/strict";
import { linkSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { statePaths } from "../state/paths.ts";
import { type Code, codeOf, commonFolder } from "./code.ts";
import { reasonToKeep, type ServingFacts } from "./decide.ts";
import { asUser, environment, startThrough, throughRoot } from "./launch.ts";
import { chooseNumber, isMapped, numbers, numbersIn, parseUser, root } from "./number.ts";
import { handOver, keyFiles, sharedFolders } from "./settle.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "dhow-")));
after(() => rmSync(folder, { recursive: true, force: true }));
const user = { uid: 61_500, gid: 61_500 };

test("a folder's number is the same every time, and the next one where it is taken", () => {
  const free = chooseNumber("/home/a/.dhow/dhow", () => false)!;
  assert.equal(
    chooseNumber("/home/a/.dhow/dhow", () => false),
    free,
  );
  assert.ok(free >= numbers.first && free <= numbers.last);
  const next = chooseNumber("/home/a/.dhow/dhow", (number) => number === free)!;
  assert.equal(next, free === numbers.last ? numbers.first : free + 1);
  assert.equal(
    chooseNumber("x", () => true),
    undefined,
  );
});

test("accounts, user namespaces and records are read as they are written", () => {
  assert.deepEqual(numbersIn("root:x:0:0:root:/root:/bin/sh\nweb:x:61200:7::/:\n\nbroken\n"), [61_200]);
  assert.equal(isMapped("         0          0 4294967295\n", 61_500), true);
  assert.equal(isMapped("0 1000 1\n", 61_500), false);
  assert.equal(isMapped("0 1000 1\n1 100000 65535\n", 61_500), true);
  assert.deepEqual(parseUser('{"user":{"uid":61500,"gid":61500}}'), { user });
  assert.deepEqual(parseUser('{"user":{"uid":61500,"gid":61500},"kept":"why"}'), { user, kept: "why" });
  for (const text of ["", "x", "null", '{"user":{"uid":0,"gid":0}}', '{"user":{"uid":61500,"gid":0}}', '{"user":{"uid":1000,"gid":1000}}'])
    assert.deepEqual(parseUser(text), {}, text);
});

const good: ServingFacts = {
  platform: "linux",
  procMounted: true,
  missingCapabilities: [],
  uidMap: "0 0 4294967295",
  find: "/usr/bin/find",
  firstFreePort: 1024,
  port: 6443,
};

const keeps: readonly [Partial<ServingFacts>, RegExp][] = [
  [{ platform: "darwin" }, /only on Linux/],
  [{ procMounted: false }, /\/proc is not mounted/],
  [{ missingCapabilities: ["CAP_SETUID", "CAP_KILL"] }, /root lacks CAP_SETUID, CAP_KILL here/],
  [{ port: 443 }, /port 443 is root's to open \(below 1024\)/],
  [{ find: undefined }, /`find` is not installed/],
  [{ uidMap: "0 1000 1" }, /61500 does not exist in this user namespace/],
];

test("root that is kept has a reason", () => {
  assert.equal(reasonToKeep(good, user), undefined);
  assert.equal(reasonToKeep({ ...good, port: 0 }, user), undefined);
  assert.equal(reasonToKeep({ ...good, port: 443, firstFreePort: 0 }, user), undefined);
  for (const [change, reason] of keeps) assert.match(reasonToKeep({ ...good, ...change }, user) ?? "", reason);
  assert.match(reasonToKeep(good, undefined) ?? "", /taken/);
});

function packageAt(place: string, dependencies: readonly string[]): void {
  mkdirSync(place, { recursive: true });
  const wanted = Object.fromEntries(dependencies.map((name) => [name, "1"]));
  writeFileSync(join(place, "package.json"), JSON.stringify({ dependencies: wanted }));
}

function codeAt(top: string, own: string): Code {
  return codeOf("/usr/bin/node", join(top, own, "cmd/main.ts"));
}

test("the code is what is ours and every package behind it, wherever an installer put it", () => {
  const clone = join(folder, "clone");
  packageAt(clone, ["yaml", "@a/b"]);
  packageAt(join(clone, "node_modules/yaml"), []);
  packageAt(join(clone, "node_modules/@a/b"), ["deep", "not-installed"]);
  packageAt(join(clone, "node_modules/@a/b/node_modules/deep"), ["yaml"]);
  packageAt(join(clone, "node_modules/unrelated"), []);
  const cloned = codeAt(clone, "src");
  assert.deepEqual(cloned.places.map((place) => place.slice(clone.length)).toSorted(), [
    "/node_modules/@a/b",
    "/node_modules/@a/b/node_modules/deep",
    "/node_modules/yaml",
    "/package.json",
    "/src",
  ]);
  assert.equal(cloned.root, clone);
  assert.equal(cloned.linked, false);

  const project = join(folder, "project");
  packageAt(join(project, "node_modules/dhow"), ["yaml"]);
  packageAt(join(project, "node_modules/yaml"), []);
  assert.equal(codeAt(join(project, "node_modules/dhow"), "dist").root, project, "where Node looks for node_modules");

  const linked = join(folder, "linked");
  packageAt(join(linked, "store/yaml"), []);
  packageAt(join(linked, "dhow"), ["yaml"]);
  mkdirSync(join(linked, "dhow/node_modules"));
  symlinkSync(join(linked, "store/yaml"), join(linked, "dhow/node_modules/yaml"));
  const pnpm = codeAt(join(linked, "dhow"), "dist");
  assert.equal(pnpm.linked, true);
  assert.ok(pnpm.places.includes(join(linked, "store/yaml")));
  assert.equal(commonFolder(["/a/b/c", "/a/b/d/e", "/a/bx"]), "/a");
});

test("a start under the user: rights are gone before the program begins; without util-linux spawning drops them", () => {
  const { argv } = asUser({ user, setpriv: "/usr/bin/setpriv" }, ["node", "main.ts"]);
  assert.equal(argv[0], "/usr/bin/setpriv");
  for (const flag of ["--reuid=61500", "--regid=61500", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"])
    assert.ok(argv.indexOf(flag) > 0 && argv.indexOf(flag) < argv.indexOf("--"), flag);
  assert.deepEqual(argv.slice(argv.indexOf("--") + 1), ["node", "main.ts"]);
  assert.deepEqual(asUser({ user }, ["node"]), { argv: ["node"], user });
});

test("below a closed folder everything is reached through what is inherited open", () => {
  const code: Code = { node: "/root/n/node", main: "/root/dhow/src/cmd/main.ts", places: [], root: "/root/dhow", linked: false };
  const start = startThrough({ execPath: code.node, execArgv: ["--flag"], main: code.main }, code);
  assert.deepEqual(start, {
    execPath: "/proc/self/fd/5",
    execArgv: ["--flag", "--preserve-symlinks", "--preserve-symlinks-main"],
    main: "/proc/self/fd/4/src/cmd/main.ts",
  });
  assert.equal(throughRoot(code, "/root/dhow/node_modules/yaml"), "/proc/self/fd/4/node_modules/yaml");
});

test("a broken world's changes are handed on, and its hooks are found where the part finds its code", () => {
  const code: Code = { node: "/root/n/node", main: "/root/dhow/src/cmd/main.ts", places: [], root: "/root/dhow", linked: false };
  const hooks = "src/cli/lab/hooks.ts";
  const outer = {
    NODE_OPTIONS: `--import /root/dhow/${hooks}`,
    DHOW_MUTANTS: "src/a.ts: 'x' => 'y'",
    DHOW_MY: "src/a.ts#plan /root/dhow/my/plan.ts",
  };
  const { NODE_OPTIONS: plain, DHOW_MUTANTS: mutants } = environment(outer);
  assert.deepEqual([plain, mutants], [outer.NODE_OPTIONS, outer.DHOW_MUTANTS]);
  const { NODE_OPTIONS: seen, DHOW_MY: my } = environment(outer, code);
  assert.equal(seen, `--import /proc/self/fd/4/${hooks}`);
  assert.equal(my, "src/a.ts#plan /proc/self/fd/4/my/plan.ts");
});

test("of root's environment only what says how programs behave is handed on", () => {
  const outer = {
    PATH: "/bin",
    LC_ALL: "C",
    TZ: "UTC",
    HOME: "/root",
    TOKEN: "secret",
    SSH_AUTH_SOCK: "/s",
    USER: "root",
    LANG: undefined,
  };
  assert.deepEqual(environment(outer), { PATH: "/bin", LC_ALL: "C", TZ: "UTC", HOME: "/", NODE_COMPILE_CACHE: "/proc/self/fd/3" });
});

test("shared folders stay root's and are entered by the group; keys go one by one; without a user all is root's alone", () => {
  const paths = statePaths(folder, "a");
  const modes = (things: readonly { path: string; uid: number; gid: number; mode: number }[]): string[] =>
    things.map(({ path, uid, gid, mode }) => `${path.slice(paths.directory.length)} ${uid}:${gid} ${mode.toString(8)}`);
  assert.deepEqual(modes(sharedFolders(paths, user)), [
    " 0:61500 710",
    "/run 0:61500 750",
    "/pki 0:61500 710",
    "/log 0:61500 1770",
    "/trace 0:61500 1770",
  ]);
  assert.deepEqual(
    modes(sharedFolders(paths, root)),
    ["", "/run", "/pki", "/log", "/trace"].map((path) => `${path} 0:0 700`),
  );
  const keys = keyFiles(paths, user);
  assert.deepEqual([...new Set(keys.map(({ uid, mode }) => `${uid} ${mode.toString(8)}`))], ["61500 600"]);
  for (const name of ["ca.key", "admin.key", "node-a-1.key"]) assert.ok(!keys.some(({ path }) => path.endsWith(`/${name}`)), name);
});

const skip = process.platform !== "linux";

test("what is handed over is the folder and the files in it, no link's target and no file with a second name", { skip }, () => {
  const [store, elsewhere] = [join(folder, "store"), join(folder, "elsewhere")];
  for (const place of [join(store, "deep"), elsewhere]) mkdirSync(place, { recursive: true });
  for (const path of [join(store, "log"), join(store, "deep/log"), join(elsewhere, "shadow")]) writeFileSync(path, "");
  symlinkSync(elsewhere, join(store, "folder-link"));
  symlinkSync(join(elsewhere, "shadow"), join(store, "file-link"));
  linkSync(join(elsewhere, "shadow"), join(store, "second-name"));
  const given: string[] = [];
  // Which file an open descriptor is, only the kernel can say.
  const give = (descriptor: number): unknown => given.push(readlinkSync(`/proc/self/fd/${descriptor}`).slice(dirname(store).length));
  handOver(store, { uid: user.uid, gid: user.gid }, give);
  assert.deepEqual(given.toSorted(), ["/store", "/store/deep", "/store/deep/log", "/store/log"]);
  given.length = 0;
  handOver(join(store, "folder-link"), user, give);
  handOver(join(store, "gone"), user, give);
  assert.deepEqual(given, []);
});
