// Maintenance.Status: how this member is.
// Invariant: `errors` names every alarm that is up.
// Called by: rpc/index.ts. Next on the way: alarm.ts.

import { unary } from "../../etcd.ts";
import { alarms } from "../kv/space.ts";

const alarmNames = new Map<number, string>([
  [alarms.noSpace, "NOSPACE"],
  [alarms.corrupt, "CORRUPT"],
]);

export const status = unary("Status", (etcd) => {
  const { store, cluster } = etcd;
  const { bytes, raftTerm } = store.status();
  const { leader } = cluster;
  const raised = store.state.alarms.up.map(({ alarm, member }) => `memberID:${member} alarm:${alarmNames.get(alarm) ?? alarm} `);
  return {
    header: etcd.header(),
    version: etcd.version,
    dbSize: bytes,
    dbSizeInUse: bytes,
    leader: leader ? BigInt(`0x${leader.id}`) : 0n,
    raftIndex: cluster.committedIndex,
    raftTerm,
    raftAppliedIndex: store.applied.index,
    errors: leader ? raised : ["etcdserver: no leader", ...raised],
    isLearner: cluster.isLearner,
  };
});
