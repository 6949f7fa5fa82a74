// A new user's machine: a fresh Debian 12 with Debian's own npm, and nothing else. The README's two commands must do.
// Invariant: nothing of this machine but its package sources is visible inside; the cluster runs as an unprivileged user.
// Called by: npm run e2e. Next on the way: README.md, whose commands these are.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "./support/cluster.ts";
import { Follower, must, run } from "./support/commands.ts";

const fresh = mkdtempSync(join(tmpdir(), "dhow-fresh-"));
const chroot = (...command: string[]): Promise<string> => must("chroot", [fresh, ...command], { timeoutMs: 600_000, env: inside });
/** What a user of this machine's package sources has to know; the project itself names none. */
const inside: Record<string, string> = { HOME: "/root", DEBIAN_FRONTEND: "noninteractive", NO_COLOR: "1" };

function copyIn(path: string): void {
  if (!existsSync(path)) return;
  mkdirSync(join(fresh, dirname(path)), { recursive: true });
  copyFileSync(path, join(fresh, path));
}

before(
  async () => {
    chmodSync(fresh, 0o755);
    const site = (await must("apt-get", ["indextargets", "--format", "$(SITE)"])).split("\n")[0]!;
    await must("debootstrap", ["--variant=minbase", "--include=ca-certificates", "bookworm", fresh, site], { timeoutMs: 600_000 });
    for (const path of ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"]) copyIn(path);
    const npmSettings = join(process.env["HOME"] ?? "/root", ".npmrc");
    if (existsSync(npmSettings)) copyFileSync(npmSettings, join(fresh, "root/.npmrc"));
    const registry = (await must("npm", ["config", "get", "registry"])).trim();
    inside["npm_config_registry"] = registry;
    writeFileSync(join(fresh, "etc/apt/apt.conf.d/90check"), 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n');
    await must("mount", ["-t", "proc", "proc", join(fresh, "proc")]);
    await chroot("apt-get", "update", "-qq");
    await chroot("apt-get", "install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm");
    await chroot("useradd", "--create-home", "somebody");
    mkdirSync(join(fresh, "home/somebody/dhow"));
    const archive = execFileSync("git", ["archive", "HEAD"], { cwd: root, maxBuffer: 512 << 20 });
    writeFileSync(join(fresh, "home/somebody/dhow.tar"), archive);
    await chroot("tar", "-xf", "/home/somebody/dhow.tar", "-C", "/home/somebody/dhow");
    await chroot("chown", "-R", "somebody:", "/home/somebody");
    if (existsSync(npmSettings)) copyFileSync(npmSettings, join(fresh, "home/somebody/.npmrc"));
    if (existsSync(npmSettings)) await chroot("chown", "somebody:", "/home/somebody/.npmrc");
    appendFileSync(join(fresh, "home/somebody/.profile"), "cd ~/dhow\n");
  },
  { timeout: 900_000 },
);

after(async () => {
  await must("umount", [join(fresh, "proc")]);
  rmSync(fresh, { recursive: true, force: true });
});

/** As `somebody`, in a login shell, in the folder of the project. */
const asSomebody = (command: string): string[] => [
  fresh,
  "su",
  "-",
  "somebody",
  "-w",
  "npm_config_registry,NO_COLOR,NODE_EXTRA_CA_CERTS",
  "-c",
  `cd ~/dhow && ${command}`,
];

test("npm ci works with Debian's npm; what a minimal Debian lacks is named", { timeout: 600_000 }, async () => {
  const [program, ...args] = ["chroot", ...asSomebody("npm ci --no-audit --no-fund")];
  await must(program, args, { env: inside, timeoutMs: 300_000 });
  const refused = await run("chroot", asSomebody("npm start"), { env: inside });
  assert.match(refused.stderr, /libatomic\.so\.1[\s\S]*apt-get install libatomic1/);
  // Debian's npm recommends a compiler, which brings this library along; only the bare minimum of this test lacks it.
  await chroot("apt-get", "install", "-y", "-qq", "--no-install-recommends", "libatomic1");
});

test("npm start: a Ready cluster, without root; down ends it", { timeout: 300_000 }, async () => {
  const started = new Follower("chroot", asSomebody("npm start"), inside);
  await started.line(/kubectl --kubeconfig \S+ get/, 120_000);
  assert.match(await must("chroot", asSomebody("sh bin/dhow status"), { env: inside }), /control-plane +ready/);
  await must("chroot", asSomebody("sh bin/dhow down"), { env: inside });
  await started.stop("SIGKILL");
});

test("npm test passes", { timeout: 600_000 }, async () => {
  assert.match(await must("chroot", asSomebody("npm test"), { env: inside, timeoutMs: 600_000 }), /^ℹ fail 0$/m);
});
