// IPv4 addresses as numbers, and ranges of them.
// Invariant: pure; a range begins at its network's address, whatever address names it.
// Called by: apiserver's allocation and bootstrap, kinds/. Next on the way: apiserver/allocation/addresses.ts.

import { isIPv4 } from "node:net";

export function ipv4Number(address: string): number | undefined {
  return isIPv4(address) ? address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : undefined;
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** `10.96.0.0/16`: where it begins and how many addresses it has. Throws RangeError for what is no IPv4 range. */
export function ipv4Range(range: string): { readonly first: number; readonly count: number } {
  const [network = "", bits = "", ...rest] = range.split("/");
  const number = ipv4Number(network);
  if (number === undefined || !/^\d+$/.test(bits) || Number(bits) > 32 || rest.length > 0)
    throw new RangeError(`${JSON.stringify(range)} must be an IPv4 range such as 10.96.0.0/16`);
  const count = 2 ** (32 - Number(bits));
  return { first: number - (number % count), count };
}
