// The package as a stranger uses it: packed, installed into an empty project, started by npx on whatever Node npm runs on.
// Invariant: nothing of the repository is reachable from the project; packages come from npm's cache where it has them.
// Called by: npm run e2e. Next on the way: tools/pack.ts, which makes what is installed here.

import assert from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { kubectls, root } from "./support/cluster.ts";
import { must, run } from "./support/commands.ts";

const project = mkdtempSync(join(tmpdir(), "dhow-package-"));
const env = { DHOW_HOME: join(project, "home"), NO_COLOR: "1" };
const npx = (...args: string[]): Promise<string> =>
  must("npx", ["--no-install", "dhow", ...args], { cwd: project, env, timeoutMs: 90_000 });

before(async () => {
  await must("npm", ["pack", "--silent", "--pack-destination", project], { cwd: root, timeoutMs: 60_000 });
  writeFileSync(join(project, "package.json"), '{ "private": true }\n');
  const tarball = globSync("dhow-*.tgz", { cwd: project })[0];
  assert.ok(tarball, "npm pack left a tarball");
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await must("npm", ["install", ...flags, join(project, tarball)], { cwd: project, timeoutMs: 300_000 });
});

after(async () => {
  await run("npx", ["--no-install", "dhow", "down", "--purge"], { cwd: project, env, timeoutMs: 90_000 });
  rmSync(project, { recursive: true, force: true });
});

test("the package holds JavaScript of the same lines, licence and notice, and no TypeScript", () => {
  const home = join(project, "node_modules/dhow");
  for (const name of ["LICENSE", "NOTICE", "README.md", "bin/dhow", "bin/node"]) assert.ok(existsSync(join(home, name)), name);
  assert.deepEqual(globSync("**/*.ts", { cwd: home }), []);
  for (const file of ["cmd/main", "apiserver/index", "store/wal/threaddisk"]) {
    const [packed, source] = [readFileSync(join(home, `dist/${file}.js`), "utf8"), readFileSync(join(root, `src/${file}.ts`), "utf8")];
    assert.equal(packed.split("\n").length, source.split("\n").length, file);
  }
  assert.equal(existsSync(join(root, "dist")), false, "packing leaves nothing in the repository");
});

test("npx dhow up brings a cluster up, kubectl works with it, npx dhow down ends it", async () => {
  const kubectl = (await kubectls()).at(-1)!.path;
  assert.match(await npx("--version"), /^dhow \d/);
  const printed = await npx("up", "--detach", "--runtime", "simulated");
  const kubeconfig = /kubectl --kubeconfig (\S+) get nodes/.exec(printed)?.[1];
  assert.ok(kubeconfig, printed);
  assert.match(await must(kubectl, ["--kubeconfig", kubeconfig, "get", "nodes", "--no-headers"]), /^\S+ +Ready /);
  await must(kubectl, ["--kubeconfig", kubeconfig, "create", "deployment", "web", "--image=dhow.local/busybox:1", "--replicas=3"]);
  await must(kubectl, ["--kubeconfig", kubeconfig, "rollout", "status", "deployment/web", "--timeout=60s"]);
  assert.match(await npx("down"), /stopped control-plane/);
  assert.match(await npx("status"), /stopped/);
});
