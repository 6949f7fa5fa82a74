// Who this member is: told by flags at its first start, by a file of its folder ever after.
// Invariant: a folder belongs to one member of one cluster for ever; the file is durable before the log has its first entry.
// Called by: open.ts. Layout: docs/formats/store.md. Next on the way: open.ts.

import type { Clock } from "#lib";
import { clusterIdOf, memberIdOf } from "../etcd/identity.ts";
import type { MemberRecord } from "../mvcc/members.ts";
import type { PeerTls } from "../peers/address.ts";
import { askMember } from "../peers/ask.ts";
import type { Introduction } from "../peers/hello.ts";
import type { Disk } from "../wal/disk.ts";

const fileName = "MEMBER";
const unfinished = `${fileName}.tmp`;
const format = 1;

export interface MemberIdentity {
  readonly format: number;
  readonly cluster: string;
  readonly number: number;
  readonly id: string;
  /** Who it knows before its log tells it: its founders, or those it was introduced to. */
  readonly members: readonly MemberRecord[];
  /** The voters at the beginning of the log: its founders; nobody for who joined later, whose log says it. */
  readonly voters: readonly number[];
}

/** etcd's flags, as far as they say who a member is. */
export interface MemberFlags {
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  /** Name and address of each member; a name may come more than once. */
  readonly initialCluster: readonly { readonly name: string; readonly url: string }[];
  readonly initialClusterState: "new" | "existing";
  readonly initialClusterToken: string;
}

/** What is wrong with the flags, in etcd's words where etcd has them. */
export class MembershipError extends Error {
  override name = "MembershipError";
}

export const hex = (id: bigint): string => id.toString(16);
const sameUrls = (a: readonly string[], b: readonly string[]): boolean => a.toSorted().join() === b.toSorted().join();

export async function readIdentity(disk: Disk): Promise<MemberIdentity | undefined> {
  const names = await disk.list();
  if (!names.includes(fileName)) return undefined;
  const identity = JSON.parse((await disk.read(fileName, 0, await disk.size(fileName))).toString("utf8")) as MemberIdentity;
  if (identity.format !== format) throw new MembershipError(`${fileName} has format ${identity.format}; this program reads ${format}`);
  return identity;
}

export async function writeIdentity(disk: Disk, identity: MemberIdentity): Promise<void> {
  if ((await disk.list()).includes(unfinished)) await disk.remove(unfinished);
  const file = await disk.create(unfinished);
  const bytes = disk.allocate(Buffer.byteLength(JSON.stringify(identity)));
  bytes.write(JSON.stringify(identity));
  await file.append(bytes, { sync: true });
  await file.close();
  await disk.rename(unfinished, fileName);
  await disk.syncDirectory();
}

interface NamedUrls {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

function namedUrls({ initialCluster, name, peerUrls }: MemberFlags): NamedUrls[] {
  if (initialCluster.length === 0) return [{ name, peerUrls }];
  return [...Map.groupBy(initialCluster, (one) => one.name)].map(([one, urls]) => ({ name: one, peerUrls: urls.map(({ url }) => url) }));
}

/** The members that found a cluster, all from the same flags, so with the same ids and numbers. */
export function foundersOf(flags: MemberFlags): MemberIdentity {
  const { name, peerUrls, initialClusterToken } = flags;
  const founders = namedUrls(flags)
    .map((one) => ({ ...one, id: memberIdOf(one.peerUrls, initialClusterToken) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const own = founders.find((one) => one.name === name);
  if (!own) throw new MembershipError(`couldn't find local name "${name}" in the initial cluster configuration`);
  if (!sameUrls(own.peerUrls, peerUrls))
    throw new MembershipError(
      `--initial-cluster has ${own.peerUrls.map((url) => `${name}=${url}`).join(",")} but missing from --initial-advertise-peer-urls=${peerUrls.join(",")}`,
    );
  if (new Set(founders.map(({ id }) => id)).size < founders.length)
    throw new MembershipError("--initial-cluster has two members with the same addresses");
  const members = founders.map(({ id, peerUrls: urls, name: called }, at) => ({
    number: at + 1,
    id: hex(id),
    name: called,
    peerUrls: urls,
    clientUrls: [],
    learner: false,
  }));
  return {
    format,
    cluster: hex(clusterIdOf(founders.map(({ id }) => id))),
    number: founders.indexOf(own) + 1,
    id: hex(own.id),
    members,
    voters: members.map(({ number }) => number),
  };
}

/** Who is there, as the first of these addresses that answers says. */
export type Introduce = (urls: readonly string[]) => Promise<Introduction | undefined>;

export const askAll =
  (tls: PeerTls | undefined, clock: Clock): Introduce =>
  async (urls) => {
    const answers = await Promise.all(urls.map((url) => askMember(url, tls, clock)));
    return answers.find((one) => one !== undefined && one.members.length > 0);
  };

/** Somebody who has been added to a cluster, and finds out who it is. */
async function joining(flags: MemberFlags, introduce: Introduce): Promise<MemberIdentity> {
  const others = namedUrls(flags).filter(({ name }) => name !== flags.name);
  const answer = await introduce(others.flatMap(({ peerUrls }) => peerUrls));
  if (!answer)
    throw new MembershipError("cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs");
  if (answer.members.length !== others.length + 1) throw new MembershipError("error validating peerURLs: member count is unequal");
  const own = answer.members.find(({ peerUrls }) => sameUrls(peerUrls, flags.peerUrls));
  if (!own) throw new MembershipError(`error validating peerURLs: unmatched member while checking PeerURLs ${flags.peerUrls.join(",")}`);
  return { format, cluster: answer.cluster, number: own.number, id: own.id, members: answer.members, voters: [] };
}

/** Of a folder without anything in it. */
export async function firstIdentity(flags: MemberFlags, introduce: Introduce): Promise<MemberIdentity> {
  if (flags.initialClusterState === "existing") return joining(flags, introduce);
  const identity = foundersOf(flags);
  const others = identity.members.filter(({ id }) => id !== identity.id).flatMap(({ peerUrls }) => peerUrls);
  const answer = others.length > 0 ? await introduce(others) : undefined;
  // Who has voted once and forgotten it could vote again: a lost disk is replaced by a new member, not by the old name.
  if (answer?.cluster === identity.cluster && (answer.members.find(({ id }) => id === identity.id)?.clientUrls.length ?? 0) > 0)
    throw new MembershipError(`member ${identity.id} has already been bootstrapped`);
  return identity;
}
