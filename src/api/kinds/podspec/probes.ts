// Probes and lifecycle hooks: exactly one handler, numbers that are not negative.
// Invariant: liveness and startup succeed by one success; errors in upstream's order and words.
// Called by: containers.ts. Next on the way: kubelet/probes.

import type { Container, Lifecycle, LifecycleHandler, Probe } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isHttpHeaderName } from "../../meta/names.ts";
import { nameErrors, nonNegative, portOrNameErrors } from "../checks.ts";

type Handler = LifecycleHandler & Pick<Probe, "grpc">;

const schemes = ["HTTP", "HTTPS"];

function validateHttpGet(field: string, action: NonNullable<Handler["httpGet"]>): FieldError[] {
  const errors = action.path ? [] : [fieldError.required(`${field}.path`)];
  errors.push(...portOrNameErrors(`${field}.port`, action.port ?? 0));
  if (!schemes.includes(action.scheme ?? "")) errors.push(fieldError.notSupported(`${field}.scheme`, action.scheme ?? "", schemes));
  for (const header of action.httpHeaders ?? []) errors.push(...nameErrors(`${field}.httpHeaders`, header.name ?? "", isHttpHeaderName));
  return errors;
}

function validateHandler(field: string, handler: Handler, graceSeconds: number | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  const each = <T>(name: string, action: T | undefined | null, check: (path: string, action: T) => FieldError[]): void => {
    if (action === undefined || action === null) return;
    if (count++ > 0) errors.push(fieldError.forbidden(`${field}.${name}`, "may not specify more than 1 handler type"));
    else errors.push(...check(`${field}.${name}`, action));
  };
  each("exec", handler.exec, (path, exec) => (exec.command?.length ? [] : [fieldError.required(`${path}.command`)]));
  each("httpGet", handler.httpGet, validateHttpGet);
  each("tcpSocket", handler.tcpSocket, (path, tcp) => portOrNameErrors(`${path}.port`, tcp.port ?? 0));
  each("grpc", handler.grpc, (path, grpc) => portOrNameErrors(`${path}.port`, grpc.port ?? 0));
  each("sleep", handler.sleep, (path, sleep) => {
    const seconds = sleep.seconds ?? 0;
    if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
    return [fieldError.invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`)];
  });
  if (count === 0) errors.push(fieldError.required(field, "must specify a handler type"));
  return errors;
}

function validateProbe(field: string, probe: Probe, graceSeconds: number | undefined): FieldError[] {
  const errors = validateHandler(field, probe, graceSeconds);
  for (const name of ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] as const) {
    errors.push(...nonNegative(`${field}.${name}`, probe[name]));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(fieldError.invalid(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  return errors;
}

export function validateProbes(field: string, container: Container, graceSeconds: number | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[name];
    if (!probe) continue;
    const path = `${field}.${name}`;
    errors.push(...validateProbe(path, probe, graceSeconds));
    if (name === "readinessProbe") {
      if (probe.terminationGracePeriodSeconds !== undefined) {
        const text = "must not be set for readinessProbes";
        errors.push(fieldError.invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, text));
      }
    } else if (probe.successThreshold !== 1)
      errors.push(fieldError.invalid(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  }
  return errors;
}

export function validateLifecycle(field: string, lifecycle: Lifecycle | undefined, graceSeconds: number | undefined): FieldError[] {
  return (["postStart", "preStop"] as const).flatMap((name) => {
    const handler = lifecycle?.[name];
    return handler ? validateHandler(`${field}.${name}`, handler, graceSeconds) : [];
  });
}
