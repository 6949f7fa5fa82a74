// One machine in QEMU: Debian's kernel, unpacked beside and never installed, a first file system of busybox and a few modules, read-only shares.
// Invariant: the guest can write nothing of the host's, has no network, and ends with this process or at a bound.
// Called by: vm.ts. Next on the way: vm-amd64.ts and vm-arm64.ts, what differs; vm-guest.sh, process 1 inside.

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { busybox } from "./bundle.ts";

export const root = realpathSync(join(import.meta.dirname, "../.."));
const boundMs = 4 * 3_600_000;

/** What every guest needs on the host: program → the Debian package that has it. */
export const needed = { depmod: "kmod", modprobe: "kmod", "apt-get": "apt", "dpkg-deb": "dpkg" };

function onPath(program: string): boolean {
  return ["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => existsSync(join(folder, program)));
}

export interface Kernel {
  readonly image: string;
  readonly version: string;
  /** Below it: lib/modules/VERSION. */
  readonly folder: string;
}

/** What differs from one kind of guest to another. */
export interface Guest {
  readonly kernel: Kernel;
  /** QEMU's program for the processor, and its first arguments. */
  readonly command: readonly string[];
  readonly kernelWords: string;
  /** The folder that becomes /usr. */
  readonly usr: string;
  /** For the guest's processor, static. */
  readonly busybox: string;
  /** A folder with bin/node, and the name it has in /opt. */
  readonly node: { readonly folder: string; readonly name: string };
}

/** Debian's kernel, unpacked beside, never installed. */
export function kernel(cache: string, metapackage: string, env: NodeJS.ProcessEnv): Kernel {
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
  const { kernel: linux, node } = guest;
  const tree = join(folder, "tree");
  for (const name of ["bin", "modules"]) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(guest.busybox, join(tree, "bin/busybox"));
  copyFileSync(join(import.meta.dirname, "vm-guest.sh"), join(tree, "init"));
  const modules = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "veth"].flatMap((name) => {
    const lines = execFileSync("modprobe", ["-d", linux.folder, "-S", linux.version, "--show-depends", name], { encoding: "utf8" });
    return [...lines.matchAll(/^insmod (\S+)/gmu)].map(([, path = ""]) => path);
  });
  for (const [index, path] of [...new Set(modules)].entries())
    copyFileSync(path, join(tree, "modules", `${String(index).padStart(2, "0")}-${basename(path)}`));
  writeFileSync(join(tree, "shares"), `usr opt/dhow opt/${node.name}\n`);
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const flags = "--disable-proto=delete --disable-warning=ExperimentalWarning";
  writeFileSync(join(tree, "words"), `/opt/${node.name}/bin/node ${flags} conformance/oci/run.ts --jobs 1 --bound 900 --each ${quoted}\n`);
  const archive = join(folder, "initrd");
  const list = "find . | cpio -o -H newc";
  execFileSync(busybox, ["sh", "-c", `chmod 755 init && ${list}`], { cwd: tree, stdio: ["ignore", openSync(archive, "w"), "ignore"] });
  return archive;
}

function share(tag: string, path: string): string[] {
  const local = `local,id=${tag},path=${path},security_model=none,readonly=on,multidevs=remap`;
  return ["-fsdev", local, "-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`];
}

function machine(guest: Guest, archive: string): string[] {
  const bare = "-m 1536 -smp 1 -nodefaults -no-user-config -display none -no-reboot -serial stdio".split(" ");
  const kernelWords = `quiet reboot=t panic=-1 mitigations=off nokaslr ${guest.kernelWords}`;
  const start = ["-kernel", guest.kernel.image, "-initrd", archive, "-append", kernelWords];
  return [...bare, ...start, ...share("usr", guest.usr), ...share("dhow", root), ...share(guest.node.name, guest.node.folder)];
}

/** The packages of Debian's that this machine lacks. */
export function missing(programs: Readonly<Record<string, string>>): readonly string[] {
  return [...new Set(Object.entries(programs).flatMap(([program, name]) => (onPath(program) ? [] : [name])))];
}

/** From its start to its end, line by line; a guest that ends without a word has failed. */
export async function boot(guest: Guest, words: readonly string[], line: (text: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-vm-"));
  const [program = "", ...first] = guest.command;
  const child = spawn(program, [...first, ...machine(guest, initrd(guest, folder, words))], { stdio: ["ignore", "pipe", "inherit"] });
  const end = (): void => void child.kill("SIGKILL");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  const bound = setTimeout(end, boundMs);
  let code = 1;
  for await (const text of createInterface({ input: child.stdout })) {
    line(text.trimEnd());
    code = Number(/^ended with (\d+)/u.exec(text)?.[1] ?? code);
  }
  clearTimeout(bound);
  rmSync(folder, { recursive: true, force: true });
  return code;
}
