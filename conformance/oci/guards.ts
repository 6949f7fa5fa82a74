// The guards of our runtime, by the hole each stands against: what to take out of the sources, and the attack that then gets through.
// Invariant: at least one for every published hole that the suite has; every text is found exactly once in its file.
// Called by: mutants.ts, oci.test.ts. Next on the way: cases/attacks.txt.

export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  /** The holes it stands against. */
  readonly see: readonly string[];
  readonly guard: string;
  readonly edits: readonly Edit[];
  /** The case that must fail then. */
  readonly attack: string;
  /** A Node of its own, which nobody else runs: what is running cannot be written in any event. */
  readonly ownNode?: boolean;
}

const init = (name: string): string => `src/runtime/init/${name}`;

/** Paths are opened by walking from the root's descriptor, and links are followed wherever they lead. */
const links: readonly Edit[] = [
  {
    file: init("inside.ts"),
    from: "openat2(this.fd, path, { flags, mode, resolve: resolveFlags.inRoot })",
    to: "openat2(this.fd, `./${path}`, { flags, mode, resolve: 0 })",
  },
];

const sysctl = `  for (const [name, value] of Object.entries(config.linux?.sysctl ?? {}))
    syscalls.writeFile(\`/proc/sys/\${name.includes("/") ? name : name.replaceAll(".", "/")}\`, value);
`;

export const mutants: readonly Mutant[] = [
  {
    see: ["CVE-2019-5736"],
    guard: "Node is executed through a read-only mount",
    edits: [
      { file: "src/runtime/launch.ts", from: "    syscalls.mountSetattr(tree, { set: mountAttributes.readonly });\n", to: "" },
      // Where a hand is the first process Node is not there to be written into.
      { file: "src/runtime/by-hand.ts", from: "return hasHand(process.arch) && !rootless;", to: "return false;" },
    ],
    attack: "an image that makes the runtime run itself cannot write into it afterwards",
    ownNode: true,
  },
  {
    see: ["CVE-2021-30465"],
    guard: "the kernel keeps a mount's destination below the root, whatever links say",
    edits: links,
    attack: "a destination below a link of the image stays inside",
  },
  {
    see: ["CVE-2021-30465"],
    guard: "a file to bind over is found below the root, whatever links say",
    edits: links,
    attack: "a file to bind over that is a link",
  },
  {
    see: ["CVE-2023-27561", "CVE-2019-19921"],
    guard: "/proc and /sys are mounted on folders, not where links lead",
    edits: [
      {
        file: init("mounts.ts"),
        from: "inside.tryOpen(destination, openFlags.pathNoFollow)",
        to: "inside.tryOpen(destination, openFlags.pathDirectory)",
      },
    ],
    attack: "/proc as a link in the image is refused",
  },
  {
    see: ["CVE-2023-27561"],
    guard: "nothing is mounted below /proc",
    edits: [{ file: init("mounts.ts"), from: '  checkProc(mount.destination, mount.type ?? "", plan);\n', to: "" }],
    attack: "a mount below /proc is refused",
  },
  {
    see: ["CVE-2024-21626"],
    guard: "what the runtime has open is closed when the program begins",
    edits: [
      {
        file: init("identity.ts"),
        from: "  syscalls.closeOnExecFrom(kept);\n",
        to: "  for (let fd = kept; fd < 64; fd++) try { syscalls.keepOnExec(fd); } catch {}\n",
      },
    ],
    attack: "nothing of the runtime is open in the process",
  },
  {
    see: ["CVE-2024-21626"],
    guard: "the machine's root is let go of, and a working directory is below the container's",
    edits: [
      { file: init("rootfs.ts"), from: "  syscalls.close(old);\n", to: "" },
      { file: init("create.ts"), from: "  if (process?.cwd) root.with(root.makeFolder(process.cwd), () => undefined);\n", to: "" },
      {
        file: init("identity.ts"),
        from: "    syscalls.chdir(cwd);\n    check();\n    return () => undefined;",
        to: "    syscalls.chdir(cwd);\n    return () => undefined;",
      },
    ],
    attack: "a working directory among the open files, by every number, is refused",
  },
  {
    see: ["CVE-2025-31133"],
    guard: "paths are hidden by the machine's null device, not by what the image calls so",
    edits: [
      {
        file: init("paths.ts"),
        from: "    openNull(syscalls, (fd) => ",
        to: '    ((..._not: unknown[]) => inside.open("dev/null"))(syscalls, (fd: number) => ',
      },
    ],
    attack: "masked paths: /dev/null of the image is not trusted",
  },
  {
    see: ["CVE-2025-52565"],
    guard: "the terminal is not mounted where a link at /dev/console leads",
    edits: [
      {
        file: init("console.ts"),
        from: 'inside.tryOpen("dev/console", openFlags.pathNoFollow)',
        to: 'inside.tryOpen("dev/console")',
      },
    ],
    attack: "/dev/console of the image as a link does not mount elsewhere",
  },
  {
    see: ["CVE-2025-52881"],
    guard: "settings are written through the machine's /proc, before the container has one",
    edits: [
      { file: init("create.ts"), from: sysctl, to: "" },
      { file: init("create.ts"), from: "  buildTree(context);\n", to: `  buildTree(context);\n${sysctl}` },
    ],
    attack: "a setting is written to /proc/sys and not to a file of the image",
  },
];
