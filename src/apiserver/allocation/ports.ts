// Node ports: one bit a port, in the object kube-apiserver keeps them in (/registry/ranges/servicenodeports).
// Invariant: the bits are changed under the condition that nobody else has; a port that is asked for twice is refused once.
// Called by: services.ts, repair.ts. Next on the way: the store's txn.

import { decodeJson, decodeProtobuf, encodeJson } from "#api";
import type { Prng } from "#lib";
import { type Cause, type KeyValue, revision as toRevision, type Store } from "#store";
import { AllocationError } from "./addresses.ts";

const key = "/registry/ranges/servicenodeports";
const type = "io.k8s.api.core.v1.RangeAllocation";
const first = 30000;
const last = 32767;
const size = last - first + 1;
/** Left to people who choose for themselves. */
const staticBand = 86;
const maxAttempts = 100;
const protobufMagic = Buffer.from("k8s\0");

interface Bits {
  value: bigint;
  readonly kv: KeyValue | undefined;
}

const bit = (port: number): bigint => 1n << BigInt(port - first);

function decode(kv: KeyValue | undefined): Bits {
  if (!kv) return { value: 0n, kv };
  const bytes = Buffer.from(kv.value);
  const protobuf = bytes.subarray(0, 4).equals(protobufMagic);
  const { object } = protobuf ? decodeProtobuf(bytes) : decodeJson(bytes, type);
  const { data = "" } = object as unknown as { data?: string };
  const hex = Buffer.from(data, "base64").toString("hex");
  return { value: hex === "" ? 0n : BigInt(`0x${hex}`), kv };
}

function encode(value: bigint): Buffer {
  const hex = value.toString(16);
  const data = value === 0n ? "" : Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64");
  const object = { kind: "RangeAllocation", apiVersion: "v1", metadata: {}, range: `${first}-${last}`, data };
  return encodeJson(object, type);
}

export class PortPool {
  readonly #store: Store;
  readonly #prng: Prng;

  constructor(store: Store, prng: Prng) {
    this.#store = store;
    this.#prng = prng;
  }

  async #read(): Promise<Bits> {
    const { kvs } = await this.#store.range({ start: key });
    return decode(kvs[0]);
  }

  /** Reads, lets `edit` decide, writes if nobody was faster, else again. `edit` throws to refuse. */
  async #change(cause: Cause, edit: (value: bigint) => bigint): Promise<void> {
    let bits = await this.#read();
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const value = edit(bits.value);
      if (value === bits.value && bits.kv) return;
      const expect = bits.kv?.modRevision ?? toRevision(0);
      const result = await this.#store.txn({ key, expect, operation: { type: "put", value: encode(value) }, cause });
      if (result.succeeded) return;
      bits = decode(result.current);
    }
    throw new AllocationError("too many others allocate node ports");
  }

  async take(port: number, cause: Cause, dryRun: boolean): Promise<void> {
    if (port < first || port > last)
      throw new AllocationError(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    const edit = (value: bigint): bigint => {
      if ((value & bit(port)) !== 0n) throw new AllocationError("provided port is already allocated");
      return value | bit(port);
    };
    if (dryRun) edit((await this.#read()).value);
    else await this.#change(cause, edit);
  }

  /** `besides`: ports the same operation has taken without writing them, in a dry run. */
  async takeAny(cause: Cause, dryRun: boolean, besides: readonly number[]): Promise<number> {
    let port = 0;
    const edit = (value: bigint): bigint => {
      port = this.#free(besides.reduce((sum, one) => (one >= first && one <= last ? sum | bit(one) : sum), value));
      return value | bit(port);
    };
    if (dryRun) edit((await this.#read()).value);
    else await this.#change(cause, edit);
    return port;
  }

  #free(value: bigint): number {
    const dynamic = size - staticBand;
    const start = this.#prng.between(0, dynamic - 1);
    for (let i = 0; i < size; i++) {
      const port = first + (i < dynamic ? staticBand + ((start + i) % dynamic) : i - dynamic);
      if ((value & bit(port)) === 0n) return port;
    }
    throw new AllocationError("range is full");
  }

  async release(ports: readonly number[], cause: Cause): Promise<void> {
    const ours = ports.filter((port) => port >= first && port <= last);
    if (ours.length === 0) return;
    await this.#change(cause, (value) => ours.reduce((rest, port) => rest & ~bit(port), value));
  }

  /** Exactly these are taken. */
  async reset(ports: readonly number[], cause: Cause): Promise<void> {
    const wanted = encode(ports.filter((port) => port >= first && port <= last).reduce((sum, port) => sum | bit(port), 0n));
    const { kvs } = await this.#store.range({ start: key });
    // Whatever stands there, readable or not.
    if (kvs[0] && wanted.equals(kvs[0].value)) return;
    await this.#store.txn({ key, expect: kvs[0]?.modRevision ?? toRevision(0), operation: { type: "put", value: wanted }, cause });
  }
}
