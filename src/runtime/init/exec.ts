// One more process in a container that runs: joins what the first one lives in, then becomes its program.
// Invariant: everything of the machine it needs is open before the first namespace is joined.
// Called by: index.ts of init/. Next on the way: identity.ts.

import { AT_FDCWD, openFlags } from "#linux";
import { RuntimeError } from "../errors.ts";
import { attributeFiles, openConfinement } from "./confinement.ts";
import { handOver, openTerminal, takeTerminal } from "./console.ts";
import { joinCgroups, joinNamespaces } from "./create.ts";
import { become, filterOf, prepare } from "./identity.ts";
import { Inside } from "./inside.ts";
import type { InitContext } from "./request.ts";
import { applyPersonality } from "./scheduling.ts";

export function initExec(context: InitContext): void {
  const { syscalls, request } = context;
  const { config, process: spec } = request;
  if (!spec) throw new RuntimeError("no process");
  syscalls.close(context.fifo);
  joinCgroups(syscalls, request.cgroupDoors);
  const confine = openConfinement(request, attributeFiles(syscalls));
  const filter = filterOf(config);
  joinNamespaces(context);
  if (request.userNamespace) {
    syscalls.setresgid(0);
    syscalls.setresuid(0);
  }
  applyPersonality(syscalls, config.linux?.personality);
  syscalls.setsid();
  if (spec.terminal) {
    const root = new Inside(syscalls, syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory }));
    const { master, slave } = openTerminal(context, root, spec);
    handOver(context, master);
    takeTerminal(syscalls, slave);
    syscalls.close(root.fd);
  }
  const prepared = prepare(context, spec, filter);
  confine();
  context.leave((last) => become({ syscalls: last, request }, spec, prepared));
}
