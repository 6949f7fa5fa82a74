// The machine's IPv4 routes, as /proc/net/route tells them.
// Invariant: reads only; a route whose device has no carrier counts, for a packet still finds it first.
// Called by: network/, which looks for addresses nobody has. Next on the way: network/pods/range.ts.

import { readFileSync } from "node:fs";

export interface Route {
  readonly device: string;
  /** First address, as an unsigned number: 10.244.0.0 is 0x0af40000. */
  readonly first: number;
  /** Length of the prefix; 0 is the default route. */
  readonly bits: number;
}

/** Eight hex digits in the byte order of the machine; all that Node runs on with Linux are little-endian. */
function address(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}

/** Columns by proc_net(5): Iface Destination Gateway Flags RefCnt Use Metric Mask … */
export function parseRoutes(text: string): readonly Route[] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t").map((cell) => cell.trim()))
    .filter((cells) => cells.length > 7)
    .map((cells) => ({ device: cells[0]!, first: address(cells[1]!), bits: 32 - Math.log2(2 ** 32 - address(cells[7]!)) }));
}

/** Of this network namespace; none where there is no IPv4. */
export function routes(): readonly Route[] {
  try {
    return parseRoutes(readFileSync("/proc/net/route", "latin1"));
  } catch {
    return [];
  }
}
