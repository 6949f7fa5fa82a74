// The same cases where control groups have version 2 alone: a machine in QEMU with Debian's kernel, this project and the host's /usr inside, read-only.
// Invariant: opt-in; the guest can write nothing of the host's, has no network, and ends with this command. Emulated, so a case takes seconds.
// Called by: hand, `sh bin/node conformance/oci/vm.ts [run.ts's words and flags]`. Next on the way: vm-guest.sh, then run.ts inside.

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
import { busybox } from "./bundle.ts";

const root = realpathSync(join(import.meta.dirname, "../.."));
const cache = join(root, ".cache/vm");
const node = realpathSync(join(dirname(process.execPath), ".."));
const boundMs = 4 * 3_600_000;

/** Program → the Debian package that has it. */
const needed = { "qemu-system-x86_64": "qemu-system-x86", depmod: "kmod", modprobe: "kmod", "apt-get": "apt", "dpkg-deb": "dpkg" };

function onPath(program: string): boolean {
  return ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => existsSync(join(folder, program)));
}

/** Debian's kernel, unpacked beside, never installed. */
function kernel(): { readonly image: string; readonly version: string } {
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
  writeFileSync(join(tree, "words"), `/opt/node-linux-x64/bin/node ${flags} conformance/oci/run.ts --jobs 1 ${quoted}\n`);
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

const missing = Object.entries(needed).flatMap(([program, name]) => (onPath(program) ? [] : [name]));
if (missing.length > 0) {
  console.error(`this needs Debian's ${[...new Set(missing)].join(", ")}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "dhow-oci-vm-"));
const { image, version } = kernel();
const child = spawn("qemu-system-x86_64", machine(image, initrd(folder, version, process.argv.slice(2))), {
  stdio: ["ignore", "pipe", "inherit"],
});
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
