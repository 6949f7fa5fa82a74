// A machine in QEMU, whatever its processor: Debian's kernel unpacked, a first file system, folders shared read-only, and what it says until it is off.
// Invariant: the guest can write nothing of the host's and has no network; it ends with this command, or at a bound.
// Called by: vm.ts. Next on the way: vm-amd64.ts and vm-arm64.ts, what differs; vm-guest.sh, process 1 inside.

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { busybox } from "./bundle.ts";

export const root = realpathSync(join(import.meta.dirname, "../.."));
const boundMs = 4 * 3_600_000;

export interface Kernel {
  readonly image: string;
  readonly version: string;
  /** Below it: lib/modules/VERSION. */
  readonly folder: string;
}

export interface Guest {
  readonly kernel: Kernel;
  /** QEMU's program for the processor, and its arguments up to the kernel. */
  readonly command: readonly string[];
  /** What the kernel is told beside what every guest's is. */
  readonly kernelWords: string;
  /** The folder that becomes /usr. */
  readonly usr: string;
  /** For the guest's processor, without libraries. */
  readonly busybox: string;
  /** The package of Node: its folder, and the name it has inside. */
  readonly node: { readonly folder: string; readonly name: string };
}

/** Program → the Debian package that has it. */
export const neededByAll = { depmod: "kmod", modprobe: "kmod", "apt-get": "apt", "dpkg-deb": "dpkg" };

export function mustHave(programs: Readonly<Record<string, string>>): void {
  const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"];
  const missing = Object.entries(programs).flatMap(([program, name]) =>
    folders.some((folder) => existsSync(join(folder, program))) ? [] : [name],
  );
  if (missing.length === 0) return;
  console.error(`this needs Debian's ${[...new Set(missing)].join(", ")}`);
  process.exit(1);
}

/** Debian's kernel of that name, unpacked in `cache`, never installed. */
export function debianKernel(cache: string, metapackage: string, env: NodeJS.ProcessEnv = process.env): Kernel {
  const found = (): string | undefined => globSync("kernel/boot/vmlinuz-*", { cwd: cache })[0];
  if (found() === undefined) {
    mkdirSync(cache, { recursive: true });
    const depends = execFileSync("apt-cache", ["depends", metapackage], { encoding: "utf8", env });
    const name = /Depends: (linux-image-\S+)/u.exec(depends)?.[1];
    if (name === undefined) throw new Error(`apt-cache knows no ${metapackage}; \`apt-get update\` may help`);
    console.log(`getting ${name}`);
    execFileSync("apt-get", ["download", "-qq", name], { cwd: cache, env, stdio: ["ignore", "ignore", "ignore"] });
    execFileSync("dpkg-deb", ["-x", globSync(`${name}_*.deb`, { cwd: cache })[0]!, "kernel"], { cwd: cache });
  }
  const image = join(cache, found()!);
  const version = basename(image).slice("vmlinuz-".length);
  const folder = join(cache, "kernel");
  if (!existsSync(join(folder, "lib/modules", version, "modules.dep"))) execFileSync("depmod", ["-b", folder, version]);
  return { image, version, folder };
}

/** The first file system: busybox, the modules in the order they need one another, what to mount, what to do. */
function initrd(guest: Guest, folder: string, words: readonly string[]): string {
  const tree = join(folder, "tree");
  const { kernel, node } = guest;
  for (const name of ["bin", "modules"]) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(guest.busybox, join(tree, "bin/busybox"));
  copyFileSync(join(import.meta.dirname, "vm-guest.sh"), join(tree, "init"));
  const modules = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "veth"].flatMap((name) => {
    const from = ["-d", kernel.folder, "-S", kernel.version, "--show-depends", name];
    return [...execFileSync("modprobe", from, { encoding: "utf8" }).matchAll(/^insmod (\S+)/gmu)].map(([, path = ""]) => path);
  });
  for (const [index, path] of [...new Set(modules)].entries())
    copyFileSync(path, join(tree, "modules", `${String(index).padStart(2, "0")}-${basename(path)}`));
  writeFileSync(join(tree, "shares"), `usr opt/dhow opt/${node.name}\n`);
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const flags = "--disable-proto=delete --disable-warning=ExperimentalWarning";
  writeFileSync(join(tree, "words"), `/opt/${node.name}/bin/node ${flags} conformance/oci/run.ts --jobs 1 ${quoted}\n`);
  const archive = join(folder, "initrd");
  const list = "find . | cpio -o -H newc";
  execFileSync(busybox, ["sh", "-c", `chmod 755 init && ${list}`], { cwd: tree, stdio: ["ignore", openSync(archive, "w"), "ignore"] });
  return archive;
}

function share(tag: string, path: string): string[] {
  const local = `local,id=${tag},path=${path},security_model=none,readonly=on,multidevs=remap`;
  return ["-fsdev", local, "-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`];
}

/** Runs the words of run.ts inside; the exit status of this process becomes theirs. */
export function boot(guest: Guest, words: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-vm-"));
  const [program, ...machine] = guest.command;
  const bare = "-nodefaults -no-user-config -display none -no-reboot -serial stdio -m 1536 -smp 1".split(" ");
  const kernelWords = `quiet reboot=t panic=-1 mitigations=off nokaslr ${guest.kernelWords}`;
  const begin = ["-kernel", guest.kernel.image, "-initrd", initrd(guest, folder, words), "-append", kernelWords];
  const shares = [share("usr", guest.usr), share("dhow", root), share(guest.node.name, guest.node.folder)].flat();
  const child = spawn(program!, [...machine, ...bare, ...begin, ...shares], { stdio: ["ignore", "pipe", "inherit"] });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill("SIGKILL"));
  const bound = setTimeout(() => child.kill("SIGKILL"), boundMs);
  let tail = "";
  child.stdout.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    tail = (tail + chunk.toString()).slice(-4096);
  });
  child.on("close", () => {
    clearTimeout(bound);
    rmSync(folder, { recursive: true, force: true });
    process.exitCode = Number(/^ended with (\d+)/mu.exec(tail)?.[1] ?? "1");
  });
}
