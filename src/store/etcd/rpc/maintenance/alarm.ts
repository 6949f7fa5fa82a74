// Maintenance.Alarm: what an operator has to see to: listed, raised, taken down.
// Invariant: an alarm is an entry of the log like any write, so that it is still up after a restart.
// Called by: rpc/index.ts. Next on the way: kv/space.ts, which raises NOSPACE.

import { GrpcError } from "#wire";
import type { Alarm } from "../../../mvcc/alarms.ts";
import { type Etcd, unary } from "../../etcd.ts";
import { alarms } from "../kv/space.ts";

const actions = { get: 0, activate: 1, deactivate: 2 } as const;
const anyAlarm = 0;

const shown = (alarms: readonly Alarm[]) => alarms.map(({ alarm, member }) => ({ alarm, memberID: member }));

async function change(etcd: Etcd, active: boolean, alarm: number, member: bigint): Promise<void> {
  await etcd.execute({ type: "alarm", active, alarm, member }, "done");
}

export const alarm = unary("Alarm", async (etcd, request) => {
  const { state } = etcd.store;
  // What no etcd knows must not get into the log.
  if (request.alarm < anyAlarm || request.alarm > alarms.corrupt)
    throw new GrpcError("INVALID_ARGUMENT", `etcdserver: there is no alarm ${request.alarm}`);
  const wanted = { alarm: request.alarm, member: request.memberID };
  if (request.action === actions.activate) {
    await change(etcd, true, wanted.alarm, wanted.member);
    return { alarms: shown([wanted]) };
  }
  if (request.action === actions.deactivate) {
    const up = state.alarms.up.filter((one) => one.alarm === wanted.alarm && one.member === wanted.member);
    if (up.length > 0) await change(etcd, false, wanted.alarm, wanted.member);
    return { alarms: shown(up) };
  }
  return { alarms: shown(state.alarms.up.filter((one) => wanted.alarm === anyAlarm || one.alarm === wanted.alarm)) };
});
