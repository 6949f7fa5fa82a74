// What a config.json must be before anything is made: refused by name what is wrong, and what this runtime does not do.
// Invariant: reads nothing but the config and what it is handed; whatever passes here the init stage knows how to do.
// Called by: create.ts, exec.ts. Next on the way: create.ts.

import { capabilityNames, namespaceFlags, type NamespaceType, readProfile, rlimits } from "#linux";
import type { Config, LinuxConfig, MountConfig, ProcessConfig } from "./config.ts";
import { RuntimeError } from "./errors.ts";
import { planMount } from "./mount-options.ts";

export interface MachineFeatures {
  readonly appArmor: boolean;
  readonly seLinux: boolean;
}

function refuse(text: string): never {
  throw new RuntimeError(text);
}

export const namespaceTypes = Object.keys(namespaceFlags) as NamespaceType[];

/** Types of namespaces that are made new or joined; absent ones are shared with the runtime. */
export function namespacesOf(linux: LinuxConfig = {}): Map<NamespaceType, string> {
  const found = new Map<NamespaceType, string>();
  for (const { type, path = "" } of linux.namespaces ?? []) {
    if (!namespaceTypes.includes(type as NamespaceType)) refuse(`namespace ${JSON.stringify(type)} does not exist`);
    if (found.has(type as NamespaceType)) refuse(`malformed spec file: duplicated ns {${JSON.stringify(type)} ${JSON.stringify(path)}}`);
    if (path !== "" && !path.startsWith("/")) refuse(`namespace path ${JSON.stringify(path)} is not absolute`);
    found.set(type as NamespaceType, path);
  }
  return found;
}

/** Variables of the kernel that belong to a namespace; others would change the machine. */
function checkSysctls(sysctl: Readonly<Record<string, string>>, namespaces: ReadonlyMap<NamespaceType, string>): void {
  const ipc = /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/u;
  for (const name of Object.keys(sysctl)) {
    const dotted = name.replaceAll("/", ".");
    const allowed = (type: NamespaceType): void => {
      if (!namespaces.has(type)) refuse(`sysctl ${JSON.stringify(name)} is not allowed in the hosts ${type} namespace`);
    };
    if (ipc.test(dotted)) allowed("ipc");
    else if (dotted.startsWith("net.")) allowed("network");
    else if (dotted === "kernel.domainname") allowed("uts");
    else if (dotted.startsWith("user.")) allowed("user");
    else if (dotted === "kernel.hostname") refuse(`sysctl: "kernel.hostname" conflicts with the OCI "hostname" field`);
    else refuse(`sysctl ${JSON.stringify(name)} is not in a separate kernel namespace`);
    if (dotted.includes("..")) refuse(`sysctl ${JSON.stringify(name)} is not a name`);
  }
}

const mapsNothing = (list: readonly unknown[] | undefined): boolean => (list ?? []).length === 0;

function checkUserNamespace(linux: LinuxConfig, namespaces: ReadonlyMap<NamespaceType, string>): void {
  const isNew = namespaces.get("user") === "";
  if (!namespaces.has("user") && !(mapsNothing(linux.uidMappings) && mapsNothing(linux.gidMappings)))
    refuse("User namespace mappings specified, but USER namespace isn't enabled in the config");
  if (isNew && (mapsNothing(linux.uidMappings) || mapsNothing(linux.gidMappings)))
    refuse("User namespaces enabled, but no user or group ID mappings found");
}

function checkLinux(config: Config, linux: LinuxConfig): void {
  const namespaces = namespacesOf(linux);
  for (const field of ["intelRdt", "memoryPolicy", "netDevices"] as const) if (linux[field]) refuse(`linux.${field} is not supported`);
  if (linux.mountLabel) refuse("linux.mountLabel: selinux label is specified in config, but selinux is disabled or not supported");
  if (!namespaces.has("mount")) {
    if ((linux.maskedPaths ?? []).length > 0 || (linux.readonlyPaths ?? []).length > 0)
      refuse("unable to restrict sys entries without a private MNT namespace");
    if (linux.rootfsPropagation) refuse("linux.rootfsPropagation needs a mount namespace");
  }
  if (config.hostname && !namespaces.has("uts")) refuse("unable to set hostname without a private UTS namespace");
  if (config.domainname && !namespaces.has("uts")) refuse("unable to set domainname without a private UTS namespace");
  if (linux.timeOffsets && Object.keys(linux.timeOffsets).length > 0 && namespaces.get("time") !== "")
    refuse("time namespace offsets are set, but there is no new time namespace");
  if (namespaces.get("time")) refuse("joining a time namespace by path is not supported");
  checkUserNamespace(linux, namespaces);
  checkSysctls(linux.sysctl ?? {}, namespaces);
  for (const key of ["rootfsPropagation"] as const) {
    const value = linux[key];
    if (value && !/^r?(?:shared|slave|private|unbindable)$/u.test(value)) refuse(`rootfsPropagation=${value} is not supported`);
  }
  for (const { path, type } of linux.devices ?? [])
    if (!/^[bcup]$/u.test(type)) refuse(`invalid device type ${JSON.stringify(type)} for ${path}`);
  if (linux.personality && !/^LINUX(?:32)?$/u.test(linux.personality.domain))
    refuse(`invalid personality domain ${JSON.stringify(linux.personality.domain)}`);
  if ((linux.personality?.flags ?? []).length > 0) refuse("additional flags for personality are not supported");
  const swappiness = linux.resources?.memory?.swappiness;
  if (swappiness !== undefined && !(swappiness >= 0 && swappiness <= 100))
    refuse(`invalid memory swappiness value: ${swappiness} (valid range is 0-100)`);
  if (linux.seccomp) readProfile(linux.seccomp);
}

export function checkProcess(process: ProcessConfig, machine: MachineFeatures): void {
  if (!process.cwd) refuse("Cwd property must not be empty");
  if (!process.cwd.startsWith("/")) refuse("Cwd must be an absolute path");
  if ((process.args ?? []).length === 0) refuse("args must not be empty");
  for (const text of [...(process.args ?? []), ...(process.env ?? [])])
    if (text.includes("\0")) refuse("args and env must not contain NUL");
  const seen = new Set<string>();
  for (const { type, soft, hard } of process.rlimits ?? []) {
    if (!Object.hasOwn(rlimits, type)) refuse(`invalid rlimit type: ${type}`);
    if (seen.has(type)) refuse(`rlimit ${type} is there twice`);
    if (BigInt(soft) > BigInt(hard)) refuse(`rlimit ${type}: soft limit is above the hard one`);
    seen.add(type);
  }
  if (process.apparmorProfile && !machine.appArmor) refuse("apparmor: config provided but apparmor not supported");
  if (process.selinuxLabel)
    refuse(
      machine.seLinux
        ? "process.selinuxLabel is not supported"
        : "selinux label is specified in config, but selinux is disabled or not supported",
    );
  if (process.execCPUAffinity) refuse("process.execCPUAffinity is not supported");
  const { ioPriority } = process;
  if (ioPriority && !/^IOPRIO_CLASS_(?:RT|BE|IDLE)$/u.test(ioPriority.class))
    refuse(`invalid io priority class ${JSON.stringify(ioPriority.class)}`);
  if (ioPriority && !(ioPriority.priority >= 0 && ioPriority.priority <= 7)) refuse("process.ioPriority.priority must be between 0 and 7");
}

/** Names that no kernel knows are passed over, as the specification has it, and told. */
export function unknownCapabilities(process: ProcessConfig): string[] {
  const all = Object.values(process.capabilities ?? {}).flat();
  return [...new Set(all.filter((name) => !capabilityNames.includes(name)))];
}

/** Owners can be mapped where a part of the machine's own tree is mounted. */
function checkMappedMount(mount: MountConfig, linux: LinuxConfig): void {
  const { bind, idmap } = planMount(mount.options, mount.type);
  const mapped = !mapsNothing(mount.uidMappings) || !mapsNothing(mount.gidMappings);
  if (!mapped && idmap === false) return;
  if (!bind) refuse(`mount ${mount.destination}: id-mapped mounts are only supported for bind-mounts`);
  if (mapsNothing(mount.uidMappings) !== mapsNothing(mount.gidMappings))
    refuse(`mount ${mount.destination}: both uidMappings and gidMappings must be there, or none`);
  if (!mapped && mapsNothing(linux.uidMappings))
    refuse(`mount ${mount.destination}: ${idmap === "recursive" ? "ridmap" : "idmap"} without mappings`);
}

export function validate(config: Config, machine: MachineFeatures): void {
  const version = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/u.exec(config.ociVersion ?? "");
  if (!version || version[1] !== "1") refuse(`unsupported spec version ${JSON.stringify(config.ociVersion ?? "")}`);
  for (const key of ["vm", "windows", "solaris", "zos"] as const) if (config[key] && !config.linux) refuse(`${key} is not supported`);
  if (!config.root?.path) refuse("Root path is not set");
  if (config.process) checkProcess(config.process, machine);
  for (const mount of config.mounts ?? []) {
    if (!mount.destination) refuse("mount destination must not be empty");
    checkMappedMount(mount, config.linux ?? {});
  }
  for (const [phase, hooks] of Object.entries(config.hooks ?? {}))
    for (const { path, timeout } of hooks ?? []) {
      if (!path?.startsWith("/")) refuse(`hook path ${JSON.stringify(path)} of ${phase} is not absolute`);
      if (timeout !== undefined && timeout <= 0) refuse(`hook timeout of ${phase} must be greater than zero`);
    }
  checkLinux(config, config.linux ?? {});
}
