// What a Service is given before it is stored: its address, its node ports; and what is taken back when it changes or goes.
// Invariant: whatever was taken for a write that did not happen is given back; what a write frees is freed after it, never before.
// Called by: registry/create.ts, update.ts, delete.ts. Next on the way: addresses.ts, ports.ts; repair.ts for what a crash left.

import {
  type ApiObject,
  ApiError,
  type FieldError,
  fieldError,
  initIpFamilies,
  keepAllocated,
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePorts,
  normalizeClusterIps,
  type Service,
  type ServicePort,
} from "#api";
import type { Cause } from "#store";
import { type AddressPool, AllocationError, type Holder } from "./addresses.ts";
import type { PortPool } from "./ports.ts";

/** Open until the write has happened or failed. */
export interface Allocation {
  commit(): Promise<void>;
  revert(): Promise<void>;
}

export interface AllocationRequest {
  /** Filled in. */
  readonly object: ApiObject;
  readonly old: ApiObject | undefined;
  readonly namespace: string;
  readonly cause: Cause;
  readonly dryRun: boolean;
}

export interface ServiceAllocator {
  begin(request: AllocationRequest): Promise<Allocation>;
  /** After the object has gone. */
  release(object: ApiObject, cause: Cause): Promise<void>;
}

/** All ports a Service occupies on every node, each once. */
export function nodePortsOf(service: Service | undefined): number[] {
  const ports = (service?.spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0);
  if (service && needsHealthCheckPort(service)) ports.push(service.spec?.healthCheckNodePort ?? 0);
  return [...new Set(ports.filter((port) => port > 0))];
}

/** The address it occupies, if any. */
export function addressOf(service: Service | undefined): string | undefined {
  return service && needsClusterIp(service) ? service.spec?.clusterIP || undefined : undefined;
}

const exposed = (service: Service): boolean => service.spec?.type === "NodePort" || service.spec?.type === "LoadBalancer";

export function serviceAllocator(addresses: AddressPool, ports: PortPool): ServiceAllocator {
  return {
    async begin(request) {
      const work = new Work(addresses, ports, request);
      try {
        await work.run();
      } catch (error) {
        await work.revert();
        throw error;
      }
      return work;
    },
    async release(object, cause) {
      const service = object as unknown as Service;
      const holder = { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" };
      const address = addressOf(service);
      if (address !== undefined) await addresses.release(address, holder, cause);
      await ports.release(nodePortsOf(service), cause);
    },
  };
}

class Work implements Allocation {
  readonly #addresses: AddressPool;
  readonly #ports: PortPool;
  readonly #request: AllocationRequest;
  readonly #service: Service;
  readonly #old: Service | undefined;
  readonly #takenPorts: number[] = [];
  #takenAddress: string | undefined;

  constructor(addresses: AddressPool, ports: PortPool, request: AllocationRequest) {
    this.#addresses = addresses;
    this.#ports = ports;
    this.#request = request;
    this.#service = request.object as unknown as Service;
    this.#old = request.old as unknown as Service | undefined;
  }

  get #holder(): Holder {
    return { namespace: this.#request.namespace, name: this.#request.object.metadata.name ?? "" };
  }

  async run(): Promise<void> {
    const [service, old] = [this.#service, this.#old];
    if (old) keepAllocated(service, old);
    normalizeClusterIps(service, old);
    const errors = initIpFamilies(service, old);
    if (errors.length > 0) throw this.#invalid(errors);
    await this.#takeAddress();
    if (exposed(service)) await this.#takePorts();
    if (needsHealthCheckPort(service) && !(old && needsHealthCheckPort(old))) await this.#takeHealthCheckPort();
  }

  #invalid(errors: readonly FieldError[]): ApiError {
    return ApiError.invalid({ group: "", kind: "Service" }, this.#holder.name, errors);
  }

  /** A Service that has an address keeps it; only one that gets its first is given one. */
  async #takeAddress(): Promise<void> {
    const spec = this.#service.spec!;
    if (!needsClusterIp(this.#service) || (this.#old && this.#old.spec?.type !== "ExternalName")) return;
    const { cause, dryRun } = this.#request;
    try {
      if (spec.clusterIP) {
        if (dryRun) await this.#addresses.check(spec.clusterIP);
        else await this.#addresses.take(spec.clusterIP, this.#holder, cause);
      } else {
        spec.clusterIP = await this.#addresses.takeAny(this.#holder, cause, dryRun);
        spec.clusterIPs = [spec.clusterIP];
      }
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (!spec.clusterIP)
        throw ApiError.internal(`failed to allocate a serviceIP for Service ${JSON.stringify(this.#holder.name)}: ${error.message}`);
      const text = `failed to allocate IP ${spec.clusterIP}: ${error.message}`;
      throw this.#invalid([fieldError.invalid("spec.clusterIPs", spec.clusterIPs ?? null, text)]);
    }
    this.#takenAddress = spec.clusterIP;
  }

  async #takePorts(): Promise<void> {
    const { cause, dryRun } = this.#request;
    const held = new Set(nodePortsOf(this.#old));
    const ports = this.#service.spec?.ports ?? [];
    const byPort = new Map<number, number>();
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort && !needsNodePorts(this.#service)) continue;
      // The same port by two protocols is one port on the nodes, on creation.
      const wanted = port.nodePort || (this.#old ? 0 : (byPort.get(port.port ?? 0) ?? requested(ports, port.port)));
      const shared = byPort.get(port.port ?? 0) === wanted || (this.#old !== undefined && this.#takenPorts.includes(wanted));
      if (wanted > 0 && (held.has(wanted) || shared)) port.nodePort = wanted;
      else if (wanted > 0) await this.#takePort(i, port, wanted);
      else {
        port.nodePort = await this.#any(() => this.#ports.takeAny(cause, dryRun, [...this.#takenPorts, ...held]));
        this.#takenPorts.push(port.nodePort);
      }
      if (!byPort.has(port.port ?? 0)) byPort.set(port.port ?? 0, port.nodePort ?? 0);
    }
  }

  async #takePort(index: number, port: ServicePort, wanted: number): Promise<void> {
    const { cause, dryRun } = this.#request;
    try {
      if (dryRun && this.#takenPorts.includes(wanted)) throw new AllocationError("provided port is already allocated");
      await this.#ports.take(wanted, cause, dryRun);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      throw this.#invalid([fieldError.invalid(`spec.ports[${index}].nodePort`, wanted, error.message)]);
    }
    port.nodePort = wanted;
    this.#takenPorts.push(wanted);
  }

  async #any(take: () => Promise<number>): Promise<number> {
    try {
      return await take();
    } catch (error) {
      throw error instanceof AllocationError ? ApiError.internal(`failed to allocate a nodePort: ${error.message}`) : error;
    }
  }

  async #takeHealthCheckPort(): Promise<void> {
    const { cause, dryRun } = this.#request;
    const spec = this.#service.spec!;
    const wanted = spec.healthCheckNodePort ?? 0;
    try {
      if (wanted > 0) await this.#ports.take(wanted, cause, dryRun);
      else spec.healthCheckNodePort = await this.#ports.takeAny(cause, dryRun, this.#takenPorts);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      const what = wanted > 0 ? `requested HealthCheck NodePort ${wanted}` : "a HealthCheck NodePort 0";
      throw ApiError.internal(`failed to allocate ${what}: ${error.message}`);
    }
    this.#takenPorts.push(spec.healthCheckNodePort!);
  }

  async commit(): Promise<void> {
    const { cause, dryRun } = this.#request;
    if (dryRun || !this.#old) return;
    const before = addressOf(this.#old);
    if (before !== undefined && addressOf(this.#service) !== before) await this.#addresses.release(before, this.#holder, cause);
    const now = new Set(exposed(this.#service) ? nodePortsOf(this.#service) : []);
    await this.#ports.release(
      nodePortsOf(this.#old).filter((port) => !now.has(port)),
      cause,
    );
  }

  async revert(): Promise<void> {
    const { cause, dryRun } = this.#request;
    if (dryRun) return;
    if (this.#takenAddress !== undefined) await this.#addresses.release(this.#takenAddress, this.#holder, cause);
    await this.#ports.release(this.#takenPorts, cause);
    this.#takenPorts.length = 0;
    this.#takenAddress = undefined;
  }
}

/** Somebody's explicit wish for this port number, further down the list too. */
function requested(ports: readonly ServicePort[], port: number | undefined): number {
  return ports.find((one) => one.port === port && one.nodePort)?.nodePort ?? 0;
}
