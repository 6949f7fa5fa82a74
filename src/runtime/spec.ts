// `spec`: a config.json to begin with: a shell, its own namespaces, few rights.
// Invariant: a busybox root file system beside it runs as it is.
// Called by: cli/. Next on the way: config.ts.

import type { Config } from "./config.ts";
import { specVersion } from "./state.ts";

const capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
const plain = ["nosuid", "noexec", "nodev"];

export function exampleConfig(rootless: { uid: number; gid: number } | undefined): Config {
  const sets = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  const sys = rootless
    ? { destination: "/sys", type: "none", source: "/sys", options: ["rbind", ...plain, "ro"] }
    : { destination: "/sys", type: "sysfs", source: "sysfs", options: [...plain, "ro"] };
  const namespaces = ["pid", ...(rootless ? ["user"] : ["network"]), "ipc", "uts", "mount", "cgroup"];
  const map = (hostID: number): readonly { containerID: number; hostID: number; size: number }[] => [{ containerID: 0, hostID, size: 1 }];
  return {
    ociVersion: specVersion,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: sets,
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "dhow",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...(rootless ? [] : ["gid=5"])],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
      { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: plain },
      sys,
    ],
    linux: {
      ...(rootless
        ? { uidMappings: map(rootless.uid), gidMappings: map(rootless.gid) }
        : { resources: { devices: [{ allow: false, access: "rwm" }] } }),
      namespaces: namespaces.map((type) => ({ type })),
      maskedPaths: ["acpi", "asound", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi"]
        .map((name) => `/proc/${name}`)
        .concat("/sys/firmware"),
      readonlyPaths: ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`),
    },
  };
}
