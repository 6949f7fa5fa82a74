// The same cases where control groups have version 2 alone, or on another processor (`--arch arm64`): a machine in QEMU with Debian's kernel.
// Invariant: opt-in; nothing is installed; the guest can write nothing of the host's and ends with this command. Emulated, so a case takes seconds.
// Called by: hand, `sh bin/node conformance/oci/vm.ts [--arch arm64] [run.ts's words and flags]`. Next on the way: vm-boot.ts, then run.ts inside.

import { amd64Guest } from "./vm-amd64.ts";
import { arm64Guest } from "./vm-arm64.ts";
import { boot } from "./vm-boot.ts";

const guests = new Map([
  ["amd64", amd64Guest],
  ["arm64", arm64Guest],
]);
const words = process.argv.slice(2);
const at = words.indexOf("--arch");
const [, architecture = "amd64"] = at < 0 ? [] : words.splice(at, 2);
const guest = guests.get(architecture);
if (!guest) {
  console.error(`--arch ${architecture}: not known; there are ${[...guests.keys()].join(", ")}`);
  process.exit(1);
}
boot(guest(), words);
