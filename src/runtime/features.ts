// `features`: what this runtime can do, in the specification's form; engines choose by it.
// Invariant: every list comes from the table that does the work; what is refused is not in it, or is marked so.
// Called by: cli/. Next on the way: validate.ts, which refuses the rest.

import { actionNames, architectureNames, capabilityNames, flagNames, operatorNames } from "#linux";
import { hookPhases } from "./config.ts";
import { mountOptionNames } from "./mount-options.ts";
import { specVersion } from "./state.ts";
import { namespaceTypes } from "./validate.ts";

export function features(): Record<string, unknown> {
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: specVersion,
    hooks: hookPhases,
    mountOptions: mountOptionNames,
    linux: {
      namespaces: namespaceTypes.toSorted(),
      capabilities: capabilityNames,
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
      seccomp: {
        enabled: true,
        actions: actionNames.toSorted(),
        operators: operatorNames.toSorted(),
        archs: architectureNames.toSorted(),
        knownFlags: flagNames.toSorted(),
        supportedFlags: flagNames.toSorted(),
      },
      apparmor: { enabled: true },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: {},
    potentiallyUnsafeConfigAnnotations: [],
  };
}
