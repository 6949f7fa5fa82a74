// What we call ourselves: the Kubernetes release whose behaviour is served, and our own count on top of it.
// Invariant: one place; discovery, node status, user agents and `dhow version` all read it here.
// Called by: apiserver/discovery, kubelet, cli. Next on the way: settings.ts.

export const kubernetesVersion = "1.36.3";
export const dhowRelease = 1;
/** `v1.36.3+dhow.1`: a semantic version whose build part is ours. */
export const gitVersion = `v${kubernetesVersion}+dhow.${dhowRelease}`;
/** The etcd release whose surface the store imitates. */
export const etcdVersion = "3.5.21";
export const projectVersion = "0.1.0";

/** `dhow/v1.36.3+dhow.1 (linux/x64) kubelet`: what our own parts send as user agent. */
export function userAgent(component: string): string {
  return `${component}/${gitVersion} (${process.platform}/${process.arch}) dhow`;
}
