// The cell: a bundle (busybox and the probe) and a config.json, of which single lines can be left out.
// Invariant: `lines` names every line that is a wall; the whole config is what a careful engine writes, and nothing else.
// Called by: inmate.ts, aligned.ts of lab 10. Next on the way: src/runtime/, or runc, or crun, which make a container of it.

import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Json = Record<string, unknown>;
interface Config {
  readonly process: Json;
  readonly root: Json;
  readonly linux: Json & { namespaces: { type: string }[] };
}

const withoutNamespace =
  (type: string) =>
  ({ linux }: Config): void => {
    linux.namespaces = linux.namespaces.filter((one) => one.type !== type);
  };

/** A wall's name → how to leave its line out. */
export const lines: Readonly<Record<string, (config: Config) => void>> = {
  "namespace pid": withoutNamespace("pid"),
  "namespace network": withoutNamespace("network"),
  "namespace ipc": withoutNamespace("ipc"),
  readonlyPaths: ({ linux }) => delete linux["readonlyPaths"],
  maskedPaths: ({ linux }) => delete linux["maskedPaths"],
  noNewPrivileges: ({ process }) => delete process["noNewPrivileges"],
  seccomp: ({ linux }) => delete linux["seccomp"],
  "root readonly": ({ root }) => delete root["readonly"],
  "limit of processes": ({ linux }) => delete (linux["resources"] as Json)["pids"],
  "deny all devices": ({ linux }) => delete (linux["resources"] as Json)["devices"],
};

/** What container engines grant by default. None of them is about the machine as a whole. */
const capabilities =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

export function cellConfig(cgroupsPath: string, without: readonly string[]): Config {
  const config: Config & Json = {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      args: ["/bin/sh", "/probe.sh"],
      env: ["PATH=/sbin:/bin"],
      cwd: "/",
      noNewPrivileges: true,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "../rootfs", readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=64k"] },
    ],
    linux: {
      cgroupsPath,
      namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })),
      maskedPaths: ["/proc/keys", "/proc/timer_list"],
      readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger"],
      resources: { pids: { limit: 64 }, devices: [{ allow: false, access: "rwm" }] },
      seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["unshare"], action: "SCMP_ACT_ERRNO" }] },
    },
  };
  for (const name of without) {
    const leaveOut = lines[name];
    if (!leaveOut) throw new Error(`no line ${JSON.stringify(name)}; there are: ${Object.keys(lines).join(", ")}`);
    leaveOut(config);
  }
  return config;
}

/** Shell before a runtime, in a mount namespace of its own: crun 1.8 takes no machine with both versions of control groups, and does not get to see the second. */
export function before(runtime: string): string {
  const unified = "/sys/fs/cgroup/unified";
  return runtime === "crun" && existsSync(unified) ? `umount ${unified} && mount -t tmpfs none ${unified};` : "";
}

export function writeRootfs(rootfs: string, busybox: string, probe: string): void {
  for (const folder of ["bin", "sbin", "dev", "etc", "proc"]) mkdirSync(join(rootfs, folder), { recursive: true });
  copyFileSync(busybox, join(rootfs, "bin/busybox"));
  // The shell in busybox finds the other commands by itself.
  for (const command of ["sh", "id"]) symlinkSync("busybox", join(rootfs, "bin", command));
  copyFileSync(busybox, join(rootfs, "sbin/su"));
  chmodSync(join(rootfs, "sbin/su"), 0o4755);
  writeFileSync(join(rootfs, "etc/passwd"), "root::0:0:root:/:/bin/sh\nsailor::1000:1000:sailor:/:/bin/sh\n");
  writeFileSync(join(rootfs, "etc/group"), "root:x:0:\nsailor:x:1000:\n");
  copyFileSync(probe, join(rootfs, "probe.sh"));
}
