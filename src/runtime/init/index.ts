// The container's first process, while it still is Node: reads what to do, does it in order, and becomes the program.
// Invariant: synchronous to the end; a failure is told to whoever creates the container and nothing is left behind but an exit.
// Called by: launch.ts, as a process. Next on the way: create.ts and exec.ts of init/.

import { readlinkSync, writeSync } from "node:fs";
import { openSyscalls } from "#linux";
import { messageOf, RuntimeError } from "../errors.ts";
import { receive, send } from "../protocol.ts";
import { initCreate } from "./create.ts";
import { initExec } from "./exec.ts";
import { descriptorsFrom, type InitContext, type InitRequest } from "./request.ts";

export function init(socket: number, born: string | undefined): void {
  const syscalls = openSyscalls();
  let told = false;
  try {
    // From here on nobody inside the namespaces may look into this process through /proc. In a user namespace of its own there is nobody yet.
    if (born !== "--unmapped") syscalls.setDumpable(false);
    syscalls.close(socket + 1);
    // In a new user namespace this process is nobody until whoever creates has mapped it; only it can say who it is outside.
    if (born !== undefined) send(socket, { type: "born", pid: Number(readlinkSync("/proc/self")) });
    const message = receive(socket, syscalls);
    if (message?.type !== "request") return;
    syscalls.setDumpable(false);
    const request = message.request as InitRequest;
    const context: InitContext = {
      syscalls,
      request,
      outsideHooks() {
        send(socket, { type: "hooks" });
        if (receive(socket, syscalls)?.type !== "go") throw new RuntimeError("the creator ended while hooks ran");
      },
      giveTerminal(master) {
        send(socket, { type: "terminal" });
        syscalls.sendDescriptor(socket, master, "/dev/ptmx");
      },
      leave(last) {
        send(socket, { type: "ready" });
        syscalls.close(socket);
        told = true;
        last(syscalls);
      },
      ...descriptorsFrom(socket, request),
    };
    if (request.kind === "exec") initExec(context);
    else initCreate(context);
  } catch (error) {
    if (told) writeSync(2, `${messageOf(error)}\n`);
    else send(socket, { type: "error", message: messageOf(error) });
    process.exitCode = 255;
  }
}
