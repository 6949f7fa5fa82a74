// The container's first process as a hand: this process decides what to do, a program of two hundred bytes inside does it, call by call.
// Invariant: the steps are those of init/, word for word; only where the calls are made differs. What needs more than calls is left to the other way.
// Called by: create.ts, exec.ts. Next on the way: init/create.ts, init/exec.ts, here; linux/hand/, there.

import { Hand, handProgram, hasHand, type Syscalls } from "#linux";
import type { Config } from "./config.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import { hasHooks } from "./hooks.ts";
import { initCreate } from "./init/create.ts";
import { initExec } from "./init/exec.ts";
import { descriptorsFrom, type InitContext, type InitRequest } from "./init/request.ts";
import type { FirstProgram } from "./launch.ts";
import { messageBoundMs } from "./protocol.ts";

/** For this processor, and by whoever may enter namespaces without a user namespace of its own. */
export function handIsHere(rootless: boolean): boolean {
  return hasHand(process.arch) && !rootless;
}

/** Hooks inside are programs to start and to wait for, copying is files to walk through; and a user namespace wants to be mapped first. */
export function isForHand(config: Config, rootless: boolean): boolean {
  if (!handIsHere(rootless)) return false;
  if (hasHooks(config, "createContainer", "startContainer")) return false;
  if ((config.linux?.namespaces ?? []).some(({ type }) => type === "user")) return false;
  return !(config.mounts ?? []).some(({ options }) => options?.includes("tmpcopyup"));
}

export const handSocket = (syscalls: Syscalls): [number, number] => {
  const pair = syscalls.socketPair("packets");
  syscalls.boundReceive(pair[0], messageBoundMs);
  return pair;
};

export function handAsFirst(syscalls: Syscalls, preserveFds: number, id: string): FirstProgram {
  return { fd: syscalls.sealedFile("dhow-hand", handProgram(3 + preserveFds)), argv0: "dhow-runtime", words: () => ["init", id] };
}

/** Everything until the first process waits, or becomes the program of `exec`. Answers the terminal, where whoever calls wants it. */
export function workByHand(own: Syscalls, socket: number, request: InitRequest, outsideHooks: () => void): number | undefined {
  const first = 3 + request.preserveFds;
  const hand = new Hand(socket, first);
  const { syscalls } = hand;
  let master: number | undefined;
  const context: InitContext = {
    syscalls,
    request,
    outsideHooks,
    giveTerminal: (fd) => {
      master = hand.take(fd, own);
    },
    leave: (last) => hand.leave(last),
    ...descriptorsFrom(first, request),
  };
  try {
    // From here on nobody inside the namespaces may look into this process through /proc.
    syscalls.setDumpable(false);
    syscalls.setName("dhow:init");
    syscalls.close(first + 1);
    if (request.kind === "exec") initExec(context);
    else initCreate(context);
  } catch (error) {
    throw new RuntimeError(`unable to start container process: ${messageOf(error)}`, { cause: error });
  }
  return master;
}
