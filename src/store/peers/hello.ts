// The first word on a connection between members: who calls, for which cluster, what for; and the answer.
// Invariant: nobody of another cluster, another member or another version of this protocol gets past it, and each is told why by name.
// Called by: link.ts (says it), inbox.ts (hears it). Layout: docs/formats/peers.md. Next on the way: link.ts.

import type { MemberRecord } from "../mvcc/members.ts";

export const protocolVersion = 1;
/** The oldest version that understands what we say. */
const leastVersion = 1;
const magic = "dhowpeer";

/** `raft`: messages and requests. `snapshot`: one snapshot, in slices. `ask`: who is there? From somebody who wants to join. */
export type Purpose = "raft" | "snapshot" | "ask";

export interface Hello {
  /** Empty for who does not know yet. */
  readonly cluster: string;
  readonly from: number;
  readonly member: string;
  /** Whom it believes to call. */
  readonly to: number;
  readonly purpose: Purpose;
  /** Where the caller itself is called: who has missed that it was added can answer it all the same. */
  readonly urls: readonly string[];
}

/** What an asker is told. */
export interface Introduction {
  readonly cluster: string;
  readonly members: readonly MemberRecord[];
}

export type RefusalCode = "version" | "cluster" | "member" | "removed" | "unknown" | "busy";

export interface Refused {
  readonly code: RefusalCode;
  readonly message: string;
}

export function encodeHello(hello: Hello): Buffer {
  const head = Buffer.alloc(12);
  head.write(magic, 0, "latin1");
  head.writeUInt16LE(protocolVersion, 8);
  head.writeUInt16LE(leastVersion, 10);
  return Buffer.concat([head, Buffer.from(JSON.stringify(hello))]);
}

/** Undefined for what no member says. */
export function decodeHello(payload: Buffer): Hello | Refused | undefined {
  if (payload.length < 12 || payload.toString("latin1", 0, 8) !== magic) return undefined;
  const least = payload.readUInt16LE(10);
  if (least > protocolVersion || payload.readUInt16LE(8) < leastVersion) {
    const theirs = payload.readUInt16LE(8);
    return {
      code: "version",
      message: `you speak version ${theirs} of the peers' protocol, this member ${leastVersion} to ${protocolVersion}`,
    };
  }
  try {
    const { cluster, from, member, to, purpose, urls = [] } = JSON.parse(payload.toString("utf8", 12)) as Partial<Hello>;
    if (!Array.isArray(urls) || !urls.every((url) => typeof url === "string")) return undefined;
    if (typeof cluster !== "string" || typeof member !== "string" || typeof from !== "number" || typeof to !== "number") return undefined;
    return purpose === "raft" || purpose === "snapshot" || purpose === "ask" ? { cluster, from, member, to, purpose, urls } : undefined;
  } catch {
    return undefined;
  }
}

export const isRefused = (hello: Hello | Refused): hello is Refused => "code" in hello;

export interface Self {
  /** Empty until it is known. */
  readonly cluster: string;
  readonly number: number;
  /** By number; undefined for who is no member. */
  idOf(number: number): string | undefined;
  wasRemoved(id: string): boolean;
}

/** Why this caller is not let in. */
export function refusalOf(hello: Hello, self: Self): Refused | undefined {
  if (hello.purpose === "ask") return undefined;
  if (hello.cluster !== self.cluster)
    return { code: "cluster", message: `you are of cluster ${hello.cluster}, this member is of cluster ${self.cluster}` };
  if (hello.to !== self.number) return { code: "member", message: `you look for member ${hello.to}, this is member ${self.number}` };
  const known = self.idOf(hello.from);
  if (known === hello.member) return undefined;
  if (self.wasRemoved(hello.member)) return { code: "removed", message: `member ${hello.member} has been removed from the cluster` };
  // Of our cluster, and newer than our list: it may be the leader that brings the list up to date.
  if (known === undefined && hello.urls.length > 0) return undefined;
  return { code: "unknown", message: `member ${hello.from} (${hello.member}) is not in this member's list` };
}
