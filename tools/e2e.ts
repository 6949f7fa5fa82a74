// `npm run e2e`: real kubectl, real containers, root. Installs from Debian what it needs and the machine lacks.
// Invariant: every e2e/*.e2e.ts runs in a process of its own, one after the other; a file that cannot run here fails by name, it is not skipped.
// Called by: package.json, .ci/run. Next on the way: e2e/README.md.

import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, globSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache");

/** Program → the Debian package that has it. */
const needed: Readonly<Record<string, string>> = {
  containerd: "containerd",
  runc: "runc",
  crun: "crun",
  strace: "strace",
  lsof: "lsof",
  jq: "jq",
  pkill: "procps",
  script: "bsdutils",
  iptables: "iptables",
  curl: "curl",
  ip: "iproute2",
  debootstrap: "debootstrap",
  etcd: "etcd-server",
  etcdctl: "etcd-client",
};
const neededFiles: Readonly<Record<string, string>> = {
  "/usr/lib/cni/bridge": "containernetworking-plugins",
  "/bin/busybox": "busybox-static",
};

function onPath(program: string): boolean {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    isExecutable(join(folder, program)),
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function apt(...args: string[]): void {
  execFileSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

if (process.getuid?.() !== 0) {
  console.error("e2e: needs root (real containers, network namespaces); run it as root, or `npm test` for what needs none");
  process.exit(1);
}

const missing = new Set([
  ...Object.entries(needed).flatMap(([program, name]) => (onPath(program) ? [] : [name])),
  ...Object.entries(neededFiles).flatMap(([path, name]) => (isExecutable(path) ? [] : [name])),
]);
const debianKubectl = join(cache, "debian-kubectl", "usr/bin/kubectl");
if (missing.size > 0 || !isExecutable(debianKubectl)) {
  apt("update", "-qq");
  if (missing.size > 0) {
    console.log(`e2e: installing ${[...missing].join(", ")}`);
    apt("install", "-y", "-qq", "--no-install-recommends", ...missing);
  }
  if (!isExecutable(debianKubectl)) {
    // Unpacked beside, not installed: a machine may already have a newer kubectl of its own in the same place.
    const folder = join(cache, "debian-kubectl");
    mkdirSync(folder, { recursive: true });
    execFileSync("apt-get", ["download", "-qq", "kubernetes-client"], { cwd: folder, stdio: ["ignore", "ignore", "ignore"] });
    const archive = globSync("kubernetes-client_*.deb", { cwd: folder })[0];
    if (!archive) throw new Error("apt-get download kubernetes-client left no archive");
    execFileSync("dpkg-deb", ["-x", archive, "."], { cwd: folder });
  }
}

const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen : globSync("e2e/*.e2e.ts", { cwd: root }).toSorted();
const flags = ["--disable-proto=delete", "--disable-warning=ExperimentalWarning", "--test", "--test-concurrency=1", "--test-reporter=spec"];
const { status } = spawnSync(process.execPath, [...flags, ...files], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, DHOW_E2E_KUBECTL_DEBIAN: debianKubectl },
});
process.exitCode = status ?? 1;
