// Who a container runs as: ids in range, no contradictions.
// Invariant: ids are 0 to 2^31-1; errors in upstream's order and words.
// Called by: validation.ts, containers.ts. Next on the way: kubelet.

import type { PodSpec, SecurityContext } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";

const maxId = 2 ** 31 - 1;

function idErrors(field: string, id: number | undefined): FieldError[] {
  return id === undefined || (id >= 0 && id <= maxId) ? [] : [fieldError.invalid(field, id, `must be between 0 and ${maxId}, inclusive`)];
}

export function validatePodSecurityContext(field: string, { securityContext, shareProcessNamespace, hostPID }: PodSpec): FieldError[] {
  const errors = [
    ...idErrors(`${field}.fsGroup`, securityContext?.fsGroup),
    ...idErrors(`${field}.runAsUser`, securityContext?.runAsUser),
    ...idErrors(`${field}.runAsGroup`, securityContext?.runAsGroup),
  ];
  (securityContext?.supplementalGroups ?? []).forEach((gid, i) => errors.push(...idErrors(`${field}.supplementalGroups[${i}]`, gid)));
  if (shareProcessNamespace && hostPID) {
    errors.push(fieldError.invalid(`${field}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled"));
  }
  return errors;
}

/** Upstream shows its internal form, with Go's names and every field. */
function shown(context: SecurityContext): object {
  const { capabilities } = context;
  return {
    Capabilities: capabilities ? { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null } : null,
    Privileged: context.privileged ?? null,
    SELinuxOptions: context.seLinuxOptions ?? null,
    WindowsOptions: context.windowsOptions ?? null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: context.seccompProfile ?? null,
    AppArmorProfile: context.appArmorProfile ?? null,
  };
}

export function validateSecurityContext(field: string, context: SecurityContext | undefined): FieldError[] {
  if (!context) return [];
  const errors = [...idErrors(`${field}.runAsUser`, context.runAsUser), ...idErrors(`${field}.runAsGroup`, context.runAsGroup)];
  if (context.allowPrivilegeEscalation !== false) return errors;
  if (context.privileged)
    errors.push(fieldError.invalid(field, shown(context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
    const text = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
    errors.push(fieldError.invalid(field, shown(context), text));
  }
  return errors;
}
