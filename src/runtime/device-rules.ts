// What every container may do with devices, whatever its config says: make any node, use the harmless ones and its terminals.
// Invariant: the list other runtimes have; it comes after the configured rules, so that it holds.
// Called by: create.ts. Next on the way: linux/cgroups/.

import type { DeviceRule } from "#linux";

const rule = (major: number | undefined, minor: number | undefined, access = "rwm", type = "c"): DeviceRule => ({
  allow: true,
  type,
  access,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
});

export const defaultDeviceRules: readonly DeviceRule[] = [
  rule(undefined, undefined, "m"),
  rule(undefined, undefined, "m", "b"),
  rule(1, 3),
  rule(1, 8),
  rule(1, 7),
  rule(5, 0),
  rule(1, 5),
  rule(1, 9),
  rule(136, undefined), // terminals
  rule(5, 2),
];
