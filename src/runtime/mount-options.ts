// A mount's options, sorted: attributes of the mount, flags of the file system, propagation, and what is left for the file system to read.
// Invariant: pure; a later option overrides an earlier one; what no table has is data, as with every other runtime.
// Called by: init/mounts.ts, features.ts. Next on the way: init/mounts.ts.

import { mountAttributes, type Propagation, propagationFlags } from "#linux";

export interface MountPlan {
  readonly bind: boolean;
  readonly recursive: boolean;
  readonly remount: boolean;
  /** Attributes to set and to clear on this mount. */
  readonly set: number;
  readonly clear: number;
  /** The same for it and all below. */
  readonly recursiveSet: number;
  readonly recursiveClear: number;
  /** Flags of the file system itself, as fsconfig takes them. */
  readonly superFlags: readonly string[];
  readonly propagation: readonly { readonly type: Propagation; readonly recursive: boolean }[];
  readonly data: readonly string[];
  readonly idmap: false | "plain" | "recursive";
}

const { readonly: ro, nosuid, nodev, noexec, atimeMask, relatime, noatime, strictatime, nodiratime, nosymfollow } = mountAttributes;

/** Option → attributes set, attributes cleared first. */
const attributes: Readonly<Record<string, readonly [set: number, clear: number]>> = {
  ro: [ro, 0],
  rw: [0, ro],
  nosuid: [nosuid, 0],
  suid: [0, nosuid],
  nodev: [nodev, 0],
  dev: [0, nodev],
  noexec: [noexec, 0],
  exec: [0, noexec],
  noatime: [noatime, atimeMask],
  atime: [relatime, atimeMask],
  relatime: [relatime, atimeMask],
  norelatime: [0, 0],
  strictatime: [strictatime, atimeMask],
  nostrictatime: [relatime, atimeMask],
  nodiratime: [nodiratime, 0],
  diratime: [0, nodiratime],
  nosymfollow: [nosymfollow, 0],
  symfollow: [0, nosymfollow],
};

/** Options that are flags of the file system; a word without effect on Linux is known and does nothing. */
const superFlags: Readonly<Record<string, readonly [flag: string, on: boolean]>> = {
  sync: ["sync", true],
  async: ["sync", false],
  dirsync: ["dirsync", true],
  mand: ["mand", true],
  nomand: ["mand", false],
  lazytime: ["lazytime", true],
  nolazytime: ["lazytime", false],
};
const withoutEffect = ["defaults", "acl", "noacl", "iversion", "noiversion", "loud", "silent"];

const propagations: Readonly<Record<string, { type: Propagation; recursive: boolean }>> = Object.fromEntries(
  (Object.keys(propagationFlags) as Propagation[]).flatMap((type) => [
    [type, { type, recursive: false }],
    [`r${type}`, { type, recursive: true }],
  ]),
);

export const mountOptionNames: readonly string[] = [
  "bind",
  "rbind",
  "remount",
  "idmap",
  "ridmap",
  ...Object.keys(attributes),
  ...Object.keys(attributes).map((name) => `r${name}`),
  ...Object.keys(superFlags),
  ...withoutEffect,
  ...Object.keys(propagations),
].toSorted();

interface Draft {
  set: number;
  clear: number;
}

function change(draft: Draft, [set, clear]: readonly [number, number]): void {
  draft.set = (draft.set & ~clear) | set;
  draft.clear = (draft.clear & ~set) | clear;
}

export function planMount(options: readonly string[] = [], type = ""): MountPlan {
  const own: Draft = { set: 0, clear: 0 };
  const below: Draft = { set: 0, clear: 0 };
  const flags = new Map<string, boolean>();
  const propagation: { type: Propagation; recursive: boolean }[] = [];
  const data: string[] = [];
  let [bind, recursive, remount] = [type === "bind" || type === "rbind", type === "rbind", false];
  let idmap: MountPlan["idmap"] = false;
  const known = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  for (const option of options) {
    const attribute = known(attributes, option);
    const recursiveAttribute = option.startsWith("r") ? known(attributes, option.slice(1)) : undefined;
    const flag = known(superFlags, option);
    const spread = known(propagations, option);
    if (option === "bind") bind = true;
    else if (option === "rbind") bind = recursive = true;
    else if (option === "remount") remount = true;
    else if (option === "idmap") idmap = "plain";
    else if (option === "ridmap") idmap = "recursive";
    else if (attribute) change(own, attribute);
    else if (recursiveAttribute) change(below, recursiveAttribute);
    else if (flag) flags.set(...flag);
    else if (spread) propagation.push(spread);
    else if (!withoutEffect.includes(option)) data.push(option);
  }
  const on = [...flags].filter(([, value]) => value).map(([name]) => name);
  const [recursiveSet, recursiveClear] = [below.set, below.clear];
  return { bind, recursive, remount, ...own, recursiveSet, recursiveClear, superFlags: on, propagation, data, idmap };
}
