// The first process of a new container: namespaces, control group, file tree, identity, then it waits to be started.
// Invariant: the order is the specification's; the control group comes first, so that all that follows is counted, and secrets of the caller's never enter.
// Called by: index.ts of init/. Next on the way: rootfs.ts, then identity.ts.

import { AT_FDCWD, CLONE_FS, isErrno, namespaceFlags, openFlags, type Syscalls } from "#linux";
import { hasHooks, runHooks } from "../hooks.ts";
import { attributeFiles, openConfinement } from "./confinement.ts";
import { mountConsole, handOver, openTerminal, takeTerminal } from "./console.ts";
import { become, filterOf, prepare } from "./identity.ts";
import { Inside } from "./inside.ts";
import type { InitContext } from "./request.ts";
import { buildRootfs, changeRoot, chrootInto, coverRoot, finalPropagation, rootReadonly } from "./rootfs.ts";
import { applyPersonality } from "./scheduling.ts";

/** "0" stands for whoever writes. Joining before Node is up would count Node's start as the container's. */
export function joinCgroups(syscalls: Syscalls, doors: readonly string[]): void {
  for (const door of doors) syscalls.writeFile(door, "0");
}

export function joinNamespaces({ syscalls, request }: InitContext): void {
  const opened = request.join.map(({ path, flag }) => ({ fd: syscalls.openRead(path), flag }));
  for (const { fd, flag } of opened) {
    // The threads of a process share their root; who has a mount namespace of its own cannot.
    if (flag === namespaceFlags.mount) syscalls.unshare(CLONE_FS);
    syscalls.setns(fd, flag);
    syscalls.close(fd);
  }
}

function becomeRootGroup(syscalls: Syscalls): void {
  try {
    syscalls.setgroups([]);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
  }
  syscalls.setresgid(0);
}

function enterNamespaces(context: InitContext): void {
  const { syscalls, request } = context;
  const { config } = request;
  if (request.userNamespace) syscalls.setresuid(0);
  joinNamespaces(context);
  if (request.newNamespaces !== 0) syscalls.unshare(request.newNamespaces);
  // After the new namespaces, as everywhere: /dev/mqueue, made with its namespace, belongs to the user's root and to nobody's group.
  if (request.userNamespace) becomeRootGroup(syscalls);
  if ((request.newNamespaces & namespaceFlags.network) !== 0) syscalls.interfaceUp("lo");
  if (config.hostname) syscalls.sethostname(config.hostname);
  if (config.domainname) syscalls.setdomainname(config.domainname);
  // Through the machine's /proc, whose /proc/sys shows the namespaces of whoever looks; the container's may be anything.
  for (const [name, value] of Object.entries(config.linux?.sysctl ?? {}))
    syscalls.writeFile(`/proc/sys/${name.includes("/") ? name : name.replaceAll(".", "/")}`, value);
}

function buildTree(context: InitContext): void {
  const { syscalls, request } = context;
  const { config, process } = request;
  const linux = config.linux ?? {};
  const tree = (linux.namespaces ?? []).some(({ type }) => type === "mount") ? buildRootfs(context) : undefined;
  if (request.outsideHooks) context.outsideHooks();
  runHooks(config, "createContainer", request.hookState);
  if (tree) {
    if (request.noPivot) coverRoot(syscalls, tree.inside);
    else changeRoot(syscalls, tree.inside);
    syscalls.close(tree.inside.fd);
  } else chrootInto(syscalls, request.rootfs);
  const root = new Inside(syscalls, syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory }));
  if (process?.cwd) root.with(root.makeFolder(process.cwd), () => undefined);
  const terminal = process?.terminal ? openTerminal(context, root, process) : undefined;
  if (terminal && tree) mountConsole(syscalls, root, terminal.slave);
  syscalls.setsid();
  if (terminal) {
    handOver(context, terminal.master);
    takeTerminal(syscalls, terminal.slave);
  }
  syscalls.close(root.fd);
  if (!tree) return;
  tree.finish();
  finalPropagation(syscalls, linux.rootfsPropagation);
  if (config.root?.readonly) rootReadonly(syscalls);
}

/**
 * The FIFO is open for writing, too, by this process itself: it never ends. Whoever starts may hold it on: what watches a container
 * (for memory, say) begins when `start` has ended, and the program must not be over by then.
 */
function waitForStart(syscalls: Syscalls, fifo: number): void {
  syscalls.read(fifo, 1);
  syscalls.awaitFile(fifo);
  syscalls.close(fifo);
}

export function initCreate(context: InitContext): void {
  const { syscalls, request, fifo } = context;
  const { config, process: spec } = request;
  joinCgroups(syscalls, request.cgroupDoors);
  const confine = openConfinement(request, attributeFiles(syscalls));
  const filter = filterOf(config);
  const hooked = hasHooks(config, "startContainer");
  enterNamespaces(context);
  if (request.newKeyring) newKeyring(syscalls, `_ses.${request.id}`);
  applyPersonality(syscalls, config.linux?.personality);
  buildTree(context);
  const prepared = spec && prepare(context, spec, filter);
  // A profile nobody knows is a failure of create; from here on whatever is executed, a hook too, runs under it.
  confine();
  context.leave((last) => {
    waitForStart(last, fifo);
    // Whoever starts a container without a process is refused before this.
    if (!spec || !prepared) return;
    if (hooked) runHooks(config, "startContainer", { ...request.hookState, status: "created" });
    become({ syscalls: last, request }, spec, prepared);
  });
}

function newKeyring(syscalls: Syscalls, name: string): void {
  try {
    syscalls.joinNewSessionKeyring(name);
  } catch (error) {
    if (!isErrno(error, "ENOSYS", "EPERM", "EDQUOT")) throw error;
  }
}
