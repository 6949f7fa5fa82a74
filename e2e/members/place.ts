// Where members run: on the loopback, or each in a network namespace of its own, so that the way between two can be cut in silence.
// Invariant: what was made on the machine is named by this process and removed by `close`, whatever happened.
// Called by: cluster.ts. Next on the way: cluster.ts.

import { execFileSync } from "node:child_process";
import { freePort } from "../../conformance/etcd/servers.ts";

export interface Address {
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** What stands before the member's command. */
  readonly prefix: readonly string[];
}

export interface Place {
  /** Of member `at`, from 0. */
  address(at: number): Promise<Address>;
  /** No packet from one reaches the other, in both directions; nobody is told. Absent: this place cannot. */
  cut?(from: number, to: readonly number[]): void;
  heal?(): void;
  close(): void;
}

export function loopback(): Place {
  return {
    address: async () => ({ host: "127.0.0.1", clientPort: await freePort(), peerPort: await freePort(), prefix: [] }),
    close: () => undefined,
  };
}

const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
/** Nobody has this address: what is sent to it is gone. */
const nowhere = "02:00:00:00:00:99";

export function namespaces(count: number): Place {
  const mark = `dm${process.pid}`;
  const net = `10.213.${process.pid % 250}`;
  const hub = `${mark}hub`;
  const space = (at: number): string => `${mark}n${at}`;
  const hostOf = (at: number): string => `${net}.${at + 1}`;
  const names = [hub, ...Array.from({ length: count }, (_, at) => space(at))];
  const broken: (readonly [from: number, to: number])[] = [];
  const close = (): void => {
    for (const name of names) {
      try {
        ip("netns", "del", name);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of names) ip("netns", "add", name);
    ip("-n", hub, "link", "add", "br0", "type", "bridge");
    ip("-n", hub, "link", "set", "br0", "up");
    // The clients' way in; it goes with the hub.
    ip("link", "add", `${mark}h`, "type", "veth", "peer", "name", "host", "netns", hub);
    ip("-n", hub, "link", "set", "host", "master", "br0", "up");
    ip("addr", "add", `${net}.254/24`, "dev", `${mark}h`);
    ip("link", "set", `${mark}h`, "up");
    for (let at = 0; at < count; at++) {
      ip("-n", space(at), "link", "add", "eth0", "type", "veth", "peer", "name", `m${at}`, "netns", hub);
      ip("-n", hub, "link", "set", `m${at}`, "master", "br0", "up");
      ip("-n", space(at), "addr", "add", `${hostOf(at)}/24`, "dev", "eth0");
      ip("-n", space(at), "link", "set", "eth0", "up");
      ip("-n", space(at), "link", "set", "lo", "up");
    }
  } catch (error) {
    close();
    throw error;
  }
  const lose = (from: number, to: number): void => {
    ip("-n", space(from), "neigh", "replace", hostOf(to), "lladdr", nowhere, "dev", "eth0", "nud", "permanent");
    broken.push([from, to]);
  };
  return {
    address: async (at) => ({ host: hostOf(at), clientPort: 2379, peerPort: 2380, prefix: ["ip", "netns", "exec", space(at)] }),
    cut(from, others) {
      for (const to of others) {
        lose(from, to);
        lose(to, from);
      }
    },
    heal() {
      for (const [from, to] of broken.splice(0)) ip("-n", space(from), "neigh", "del", hostOf(to), "dev", "eth0");
    },
    close,
  };
}
