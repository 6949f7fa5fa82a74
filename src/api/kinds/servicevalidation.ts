// Whether a Service's ports, type and addresses fit together.
// Invariant: errors come in upstream's order with upstream's texts; load balancers' finer points are left to the next step.
// Called by: service.ts. Next on the way: meta/names.ts.

import type { Service, ServicePort } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from "../meta/names.ts";
import { nameErrors, portNumberErrors, portOrNameErrors, validateLabels } from "./checks.ts";

const protocols = ["SCTP", "TCP", "UDP"];
const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

function validatePort(port: ServicePort, field: string, requireName: boolean, names: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (requireName && !port.name) errors.push(fieldError.required(`${field}.name`));
  else if (port.name) {
    errors.push(...nameErrors(`${field}.name`, port.name, isDns1123Label));
    if (names.has(port.name)) errors.push(fieldError.duplicate(`${field}.name`, port.name));
    names.add(port.name);
  }
  errors.push(...portNumberErrors(`${field}.port`, port.port ?? 0));
  if (!port.protocol) errors.push(fieldError.required(`${field}.protocol`));
  else if (!protocols.includes(port.protocol)) errors.push(fieldError.notSupported(`${field}.protocol`, port.protocol, protocols));
  errors.push(...portOrNameErrors(`${field}.targetPort`, port.targetPort ?? 0));
  if (port.appProtocol !== undefined) errors.push(...nameErrors(`${field}.appProtocol`, port.appProtocol, isQualifiedName));
  return errors;
}

function validateType(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const errors: FieldError[] = [];
  const headless = spec.clusterIP === "None";
  if (!spec.ports?.length && !headless && spec.type !== "ExternalName") errors.push(fieldError.required("spec.ports"));
  if (spec.type === "LoadBalancer" || spec.type === "NodePort") {
    if (headless) {
      const detail =
        spec.type === "LoadBalancer"
          ? "may not be set to 'None' for LoadBalancer services"
          : "may not be set to 'None' for NodePort services";
      errors.push(fieldError.invalid("spec.clusterIPs[0]", "None", detail));
    }
  }
  if (spec.type === "ExternalName") {
    if (spec.clusterIP) errors.push(fieldError.forbidden("spec.clusterIPs", "may not be set for ExternalName services"));
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    if (name === "") errors.push(fieldError.required("spec.externalName"));
    else errors.push(...nameErrors("spec.externalName", name, isDns1123Subdomain));
  }
  return errors;
}

function duplicates(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol = "", port }, i) => {
    const key = `${protocol}/${port}`;
    const again = seen.has(key);
    seen.add(key);
    const shown = { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    return again ? [fieldError.duplicate(`spec.ports[${i}]`, shown)] : [];
  });
}

export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const errors = validateType(service);
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) errors.push(...validatePort(port, `spec.ports[${i}]`, ports.length > 1, names));
  if (spec.selector) errors.push(...validateLabels("spec.selector", spec.selector));
  if (!["ClientIP", "None"].includes(spec.sessionAffinity ?? "")) {
    errors.push(
      spec.sessionAffinity
        ? fieldError.notSupported("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"])
        : fieldError.required("spec.sessionAffinity"),
    );
  }
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === "ClientIP" && timeout !== undefined && (timeout <= 0 || timeout > 86400)) {
    errors.push(
      fieldError.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout, "must be greater than 0 and less than 86400"),
    );
  }
  if (!types.includes(spec.type ?? "")) errors.push(fieldError.notSupported("spec.type", spec.type ?? "", types));
  if (spec.type === "ClusterIP") {
    ports.forEach((port, i) => {
      if (port.nodePort) errors.push(fieldError.forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  return [...errors, ...duplicates(ports)];
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.spec?.clusterIPs?.[0];
  const now = service.spec?.clusterIPs?.[0];
  if (old.spec?.type !== "ExternalName" && service.spec?.type !== "ExternalName" && before && before !== now) {
    errors.push(fieldError.invalid("spec.clusterIPs[0]", service.spec?.clusterIPs ?? null, "may not change once set"));
  }
  return [...errors, ...validateService(service)];
}
