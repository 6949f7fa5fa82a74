// The name a pod gives itself: hostname, and the domain that a subdomain makes of it.
// Invariant: pure; never longer than the kernel's 63 characters, never ending in a dash or a dot.
// Called by: config.ts, volumes/hosts.ts. Next on the way: config.ts.

import type { Pod } from "#api";

const longest = 63;

function shortened(name: string): string {
  return name.length <= longest ? name : name.slice(0, longest).replace(/[-.]+$/, "");
}

export function podHostname(pod: Pod, clusterDomain: string): { readonly name: string; readonly domain: string } {
  const { hostname, subdomain, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride !== undefined && hostnameOverride !== "") return { name: shortened(hostnameOverride), domain: "" };
  const name = shortened(hostname !== undefined && hostname !== "" ? hostname : (pod.metadata.name ?? ""));
  const domain = subdomain === undefined || subdomain === "" ? "" : `${subdomain}.${pod.metadata.namespace ?? ""}.svc.${clusterDomain}`;
  return { name, domain };
}

/** What the kernel is told: the short name, or with setHostnameAsFQDN the long one. Too long a one is an error. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { name, domain } = podHostname(pod, clusterDomain);
  if (pod.spec?.setHostnameAsFQDN !== true || domain === "") return name;
  const whole = `${name}.${domain}`;
  if (whole.length > 64)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${whole} is too long (64 characters is the max, ${whole.length} characters requested)`,
    );
  return whole;
}
