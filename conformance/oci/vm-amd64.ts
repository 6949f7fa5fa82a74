// The guest of the host's own kind: Debian's kernel for x86-64, the host's /usr and Node.
// Invariant: nothing is installed; what is fetched lies in .cache/vm.
// Called by: vm.ts. Next on the way: vm-machine.ts.

import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { busybox } from "./bundle.ts";
import { type Guest, kernel, needed, root } from "./vm-machine.ts";

function guest(): Guest {
  // Without it the guest would measure its clock against timers that emulation makes unsteady.
  const khz = Math.round(Number(/^cpu MHz\s*: ([\d.]+)/mu.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "2000") * 1000);
  return {
    kernel: kernel(join(root, ".cache/vm"), "linux-image-amd64", process.env),
    command: "qemu-system-x86_64 -machine q35 -accel tcg,thread=single,tb-size=128 -cpu max".split(" "),
    kernelWords: `console=ttyS0 tsc_early_khz=${khz} tsc=reliable nopti`,
    usr: "/usr",
    busybox,
    node: { folder: realpathSync(join(dirname(process.execPath), "..")), name: "node-linux-x64" },
  };
}

export const amd64 = { name: "amd64", needed: { "qemu-system-x86_64": "qemu-system-x86", ...needed }, guest };
