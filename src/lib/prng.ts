// Chance as a capability: jitter, name suffixes and identifiers come from a Prng that is handed in.
// Invariant: equal seeds give equal sequences, on every machine. Secrets never come from here (see wire/pki).
// Called by: back-off, generateName, uids, elections. Next on the way: assert.ts.

import { randomFillSync } from "node:crypto";

export interface Prng {
  /** A float in [0, 1). */
  next(): number;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  /** `count` bytes. */
  bytes(count: number): Uint8Array;
}

function fromNext32(next32: () => number): Prng {
  const next = (): number => next32() / 0x1_0000_0000;
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let index = 0; index < count; index++) bytes[index] = next32() & 0xff;
      return bytes;
    },
  };
}

/** splitmix32: small, fast, and good enough for jitter and simulation. */
export function seededPrng(seed: number): Prng {
  let state = seed | 0;
  return fromNext32(() => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  });
}

export function systemPrng(): Prng {
  const pool = new Uint32Array(4096);
  let used = pool.length;
  return fromNext32(() => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++]!;
  });
}

/** An RFC 4122 version 4 uuid. */
export function uuid(prng: Prng): string {
  const bytes = prng.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Five characters of the alphabet that Kubernetes appends to `generateName`: no vowels, no look-alikes. */
export function nameSuffix(prng: Prng, length = 5): string {
  let suffix = "";
  while (suffix.length < length) suffix += suffixAlphabet[prng.between(0, suffixAlphabet.length - 1)];
  return suffix;
}
