// One machine in QEMU: Debian's kernel, unpacked beside and never installed, a first file system of busybox and a few modules, read-only shares.
// Invariant: the guest can write nothing of the host's, has no network, and ends with this process or at a bound.
// Called by: vm.ts. Next on the way: vm-guest.sh, process 1 inside.

import { execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { busybox } from "./bundle.ts";

export const root = realpathSync(join(import.meta.dirname, "../.."));
const cache = join(root, ".cache/vm");
const node = realpathSync(join(dirname(process.execPath), ".."));
const boundMs = 4 * 3_600_000;

/** Program → the Debian package that has it. */
const needed = { "qemu-system-x86_64": "qemu-system-x86", depmod: "kmod", modprobe: "kmod", "apt-get": "apt", "dpkg-deb": "dpkg" };

function onPath(program: string): boolean {
  return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => existsSync(join(folder, program)));
}

export interface Kernel {
  readonly image: string;
  readonly version: string;
}

/** Debian's kernel, unpacked beside, never installed. */
export function kernel(): Kernel {
  const found = (): string | undefined => globSync("kernel/boot/vmlinuz-*", { cwd: cache })[0];
  if (found() === undefined) {
    mkdirSync(cache, { recursive: true });
    const depends = execFileSync("apt-cache", ["depends", "linux-image-amd64"], { encoding: "utf8" });
    const name = /Depends: (linux-image-\S+)/u.exec(depends)?.[1];
    if (name === undefined) throw new Error("apt-cache knows no linux-image-amd64; `apt-get update` may help");
    console.log(`getting ${name}`);
    execFileSync("apt-get", ["download", "-qq", name], { cwd: cache, stdio: ["ignore", "ignore", "ignore"] });
    execFileSync("dpkg-deb", ["-x", globSync(`${name}_*.deb`, { cwd: cache })[0]!, "kernel"], { cwd: cache });
  }
  const image = join(cache, found()!);
  const version = basename(image).slice("vmlinuz-".length);
  const folder = join(cache, "kernel");
  if (!existsSync(join(folder, "lib/modules", version, "modules.dep"))) execFileSync("depmod", ["-b", folder, version]);
  return { image, version };
}

/** The first file system: busybox, the modules in the order they need one another, what to do. */
function initrd(folder: string, version: string, words: readonly string[]): string {
  const tree = join(folder, "tree");
  for (const name of ["bin", "modules"]) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(busybox, join(tree, "bin/busybox"));
  copyFileSync(join(import.meta.dirname, "vm-guest.sh"), join(tree, "init"));
  const modules = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "veth"].flatMap((name) => {
    const lines = execFileSync("modprobe", ["-d", join(cache, "kernel"), "-S", version, "--show-depends", name], { encoding: "utf8" });
    return [...lines.matchAll(/^insmod (\S+)/gmu)].map(([, path = ""]) => path);
  });
  for (const [index, path] of [...new Set(modules)].entries())
    copyFileSync(path, join(tree, "modules", `${String(index).padStart(2, "0")}-${basename(path)}`));
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const flags = "--disable-proto=delete --disable-warning=ExperimentalWarning";
  writeFileSync(join(tree, "words"), `/opt/node-linux-x64/bin/node ${flags} conformance/oci/run.ts --jobs 1 --each ${quoted}\n`);
  const archive = join(folder, "initrd");
  const list = "find . | cpio -o -H newc";
  execFileSync(busybox, ["sh", "-c", `chmod 755 init && ${list}`], { cwd: tree, stdio: ["ignore", openSync(archive, "w"), "ignore"] });
  return archive;
}

function share(tag: string, path: string): string[] {
  const local = `local,id=${tag},path=${path},security_model=none,readonly=on,multidevs=remap`;
  return ["-fsdev", local, "-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`];
}

function machine(image: string, archive: string): string[] {
  // Without it the guest would measure its clock against timers that emulation makes unsteady.
  const khz = Math.round(Number(/^cpu MHz\s*: ([\d.]+)/mu.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "2000") * 1000);
  const arguments_ = `console=ttyS0 quiet reboot=t panic=-1 tsc_early_khz=${khz} tsc=reliable mitigations=off nopti nokaslr`;
  const plain = "-machine q35 -accel tcg,thread=single,tb-size=128 -cpu max -m 1536 -smp 1";
  const bare = "-nodefaults -no-user-config -display none -no-reboot -serial stdio";
  return [
    ...`${plain} ${bare}`.split(" "),
    "-kernel",
    image,
    "-initrd",
    archive,
    "-append",
    arguments_,
    ...share("usr", "/usr"),
    ...share("dhow", root),
    ...share("node-linux-x64", node),
  ];
}

/** The packages of Debian's that this machine lacks. */
export function missing(): readonly string[] {
  return [...new Set(Object.entries(needed).flatMap(([program, name]) => (onPath(program) ? [] : [name])))];
}

/** From its start to its end, line by line; a guest that ends without a word has failed. */
export async function boot({ image, version }: Kernel, words: readonly string[], line: (text: string) => void): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "dhow-oci-vm-"));
  const child = spawn("qemu-system-x86_64", machine(image, initrd(folder, version, words)), { stdio: ["ignore", "pipe", "inherit"] });
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
