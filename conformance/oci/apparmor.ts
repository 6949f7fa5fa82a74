// Three profiles of AppArmor's, as the kernel takes them: `apparmor.ts load` and `apparmor.ts remove`. Two allow everything and are only names, one allows nothing.
// Invariant: written by hand, tag by tag, for the fewest words the kernel accepts; the names are nobody else's.
// Called by: the cases that need AppArmor, through prelude.sh. Next on the way: cases/apparmor.txt.

import { writeFileSync } from "node:fs";

const folder = "/sys/kernel/security/apparmor";

/** Tags of the kernel's serialised policy. */
const tag = { u32: 2, name: 4, string: 5, struct: 7, structEnd: 8 } as const;
const modes = { enforce: 0, unconfined: 3 } as const;
const abi = 5;

function text(kind: number, value: string): Buffer {
  const length = Buffer.alloc(3);
  length[0] = kind;
  length.writeUInt16LE(Buffer.byteLength(value) + 1, 1);
  return Buffer.concat([length, Buffer.from(`${value}\0`)]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = tag.u32;
  bytes.writeUInt32LE(value, 1);
  return bytes;
}

const begin = (name: string): Buffer => Buffer.concat([text(tag.name, name), Buffer.of(tag.struct)]);
const end = Buffer.of(tag.structEnd);

/** Without rules: one that is enforced allows nothing at all. */
function profile(name: string, mode: keyof typeof modes): Buffer {
  const nothing = number(0);
  const head = [text(tag.name, "version"), number(abi), begin("profile"), text(tag.string, name)];
  // Neither a hat nor audited.
  const flags = [begin("flags"), nothing, number(modes[mode]), nothing, end];
  const capabilities = [nothing, nothing, nothing, nothing];
  return Buffer.concat([...head, ...flags, ...capabilities, end]);
}

const profiles = { "dhow-oci-sails": "unconfined", "dhow-oci-oars": "unconfined", "dhow-oci-anchor": "enforce" } as const;

for (const [name, mode] of Object.entries(profiles)) {
  if (process.argv[2] === "load") writeFileSync(`${folder}/.replace`, profile(name, mode));
  else writeFileSync(`${folder}/.remove`, name);
}
