// Cluster.MemberAdd, MemberRemove, MemberUpdate, MemberPromote: checked as etcd checks, then an entry in the log.
// Invariant: a change that would leave less than a majority of started members is refused before anything is written.
// Called by: rpc/index.ts. Next on the way: mvcc/members.ts, then members/group.ts, which brings raft to the table.

import { createHash } from "node:crypto";
import type { MemberChange, MemberRecord } from "../../../mvcc/members.ts";
import { type Etcd, unary } from "../../etcd.ts";
import { etcdError, expectOutcome, toEtcdError } from "../../errors.ts";
import { memberOf, membersOf } from "./list.ts";

function isPeerUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) && url.port !== "" && url.pathname === "/";
}

const checkUrls = (urls: readonly string[]): void => {
  if (urls.length === 0 || !urls.every(isPeerUrl)) throw etcdError("memberBadUrls");
};

const idOf = (id: bigint): string => BigInt.asUintN(64, id).toString(16);
const find = ({ cluster }: Etcd, id: bigint): MemberRecord | undefined => cluster.members.find((one) => one.id === idOf(id));
const votersOf = ({ cluster }: Etcd): MemberRecord[] => cluster.members.filter(({ learner }) => !learner);
const started = (members: readonly MemberRecord[]): number => members.filter(({ name }) => name !== "").length;
const quorum = (count: number): number => Math.floor(count / 2) + 1;

async function change(etcd: Etcd, one: MemberChange): Promise<void> {
  try {
    expectOutcome(await etcd.cluster.change(one), "done");
  } catch (error) {
    throw toEtcdError(error);
  }
}

/** One that joins has not started: it counts, but it does not vote yet. */
function checkAdd(etcd: Etcd): void {
  const voters = votersOf(etcd);
  // A single member may always be joined by a second.
  if (started(voters) === 1 && voters.length === 1) return;
  if (started(voters) < quorum(voters.length + 1)) throw etcdError("notEnoughStarted");
}

function checkHealthy(etcd: Etcd): void {
  if (!votersOf(etcd).every((member) => etcd.cluster.isConnected(member))) throw etcdError("unhealthy");
}

function checkRemove(etcd: Etcd, id: bigint): void {
  const member = find(etcd, id);
  if (member?.learner) return;
  const voters = votersOf(etcd);
  const left = voters.filter((one) => one !== member);
  if (left.length === 0 || started(left) < quorum(left.length)) throw etcdError("notEnoughStarted");
  const { cluster } = etcd;
  if (member && member !== cluster.self && !cluster.isConnected(member)) return;
  const active = voters.filter((one) => cluster.isConnected(one)).length;
  if (active - 1 < 1 + Math.floor((voters.length - 1) / 2)) throw etcdError("unhealthy");
}

export const memberAdd = unary("MemberAdd", async (etcd, { peerURLs, isLearner }, caller) => {
  etcd.access.admin(caller);
  checkUrls(peerURLs);
  if (!isLearner) checkAdd(etcd);
  checkHealthy(etcd);
  // As etcd: the time makes the id another one each time.
  const sum = createHash("sha1")
    .update(peerURLs.toSorted().join(""))
    .update(String(etcd.clock.nowMs()))
    .update(etcd.prng.bytes(8))
    .digest();
  const id = idOf(sum.readBigUInt64BE(0));
  await change(etcd, { change: "add", id, peerUrls: peerURLs, learner: isLearner });
  const member = memberOf({ number: 0, id, name: "", peerUrls: peerURLs, clientUrls: [], learner: isLearner });
  return { header: { ...etcd.header(), revision: 0 }, member, members: membersOf(etcd) };
});

export const memberRemove = unary("MemberRemove", async (etcd, { ID }, caller) => {
  etcd.access.admin(caller);
  if (!find(etcd, ID)) throw etcdError("memberNotFound");
  checkRemove(etcd, ID);
  await change(etcd, { change: "remove", id: idOf(ID) });
  return { header: { ...etcd.header(), revision: 0 }, members: membersOf(etcd) };
});

export const memberUpdate = unary("MemberUpdate", async (etcd, { ID, peerURLs }, caller) => {
  etcd.access.admin(caller);
  if (!find(etcd, ID)) throw etcdError("memberNotFound");
  checkUrls(peerURLs);
  await change(etcd, { change: "update", id: idOf(ID), peerUrls: peerURLs });
  return { header: { ...etcd.header(), revision: 0 }, members: membersOf(etcd) };
});

export const memberPromote = unary("MemberPromote", async (etcd, { ID }, caller) => {
  etcd.access.admin(caller);
  const member = find(etcd, ID);
  if (!member) throw etcdError("memberNotFound");
  if (!member.learner) throw etcdError("memberNotLearner");
  const voters = votersOf(etcd);
  if (started(voters) + 1 < quorum(voters.length + 1)) throw etcdError("notEnoughStarted");
  try {
    const outcome = await etcd.cluster.promote(member);
    if (outcome === "notReady") throw etcdError("learnerNotReady");
    expectOutcome(outcome, "done");
  } catch (error) {
    throw toEtcdError(error);
  }
  return { header: { ...etcd.header(), revision: 0 }, members: membersOf(etcd) };
});
