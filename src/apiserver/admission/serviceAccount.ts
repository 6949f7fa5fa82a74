// A pod runs as somebody: it gets the account it names, or `default`, and that account's token as a projected volume.
// Invariant: a pod that mounts something at the token's place keeps its own; mirror pods are left alone.
// Called by: admission/step.ts. Next on the way: defaultTolerations.ts.

import { ApiError, type Container, type Pod, type PodSpec, type ServiceAccount, type Volume } from "#api";
import { nameSuffix, own, type Prng } from "#lib";
import type { AdmissionStep } from "./step.ts";

export const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const tokenSeconds = 3607;
const mirrorAnnotation = "kubernetes.io/config.mirror";

export function serviceAccount(prng: Prng): AdmissionStep {
  return {
    name: "ServiceAccount",
    kinds: ["Pod"],
    async mutate({ operation, resource, subresource, namespace, name, object, reader }) {
      if (operation !== "CREATE" || resource.group !== "" || resource.kind !== "Pod" || subresource !== "" || !object) return;
      const pod = object as unknown as Pod;
      if (own(object.metadata.annotations, mirrorAnnotation) !== undefined || !pod.spec) return;
      const account = pod.spec.serviceAccountName || "default";
      pod.spec.serviceAccountName = account;
      pod.spec.serviceAccount = account;
      const found = (await reader.get("", "serviceaccounts", namespace, account)) as unknown as ServiceAccount | undefined;
      if (!found) {
        const text = `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`;
        throw ApiError.forbidden({ group: "", resource: "pods" }, name || (object.metadata.generateName ?? ""), text);
      }
      if (pod.spec.automountServiceAccountToken ?? found.automountServiceAccountToken ?? true) mountToken(pod.spec, prng);
      if (!pod.spec.imagePullSecrets?.length && found.imagePullSecrets?.length)
        pod.spec.imagePullSecrets = found.imagePullSecrets.map((secret) => ({ ...secret }));
    },
  };
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
      defaultMode: 0o644,
    },
  };
}

function mountToken(spec: PodSpec, prng: Prng): void {
  const containers: Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter((one) => !(one.volumeMounts ?? []).some((mount) => mount.mountPath === tokenPath));
  if (without.length === 0) return;
  const existing = (spec.volumes ?? []).find((volume) => volume.name?.startsWith("kube-api-access-") && volume.projected);
  const name = existing?.name ?? `kube-api-access-${nameSuffix(prng)}`;
  if (!existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  for (const one of without) one.volumeMounts = [...(one.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }];
}
