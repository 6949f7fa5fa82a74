// Volumes of a simulated node: every volume exists at once, and no file is written.
// Invariant: touches neither disk nor network, so that thousands of simulated pods cost nothing.
// Called by: pods/actions.ts through the contract. Next on the way: containers/mounts.ts.

import type { Volumes } from "./contract.ts";

export function simulatedVolumes(): Volumes {
  return {
    setUp: (pod) =>
      Promise.resolve({ paths: new Map((pod.spec?.volumes ?? []).map((volume) => [volume.name, `/simulated/${volume.name}`])) }),
    subPath: (_volumePath, hostPath) => hostPath,
    terminationLog: () => undefined,
    readTerminationLog: () => "",
    hostsFile: () => undefined,
    tearDown: () => Promise.resolve(),
  };
}
