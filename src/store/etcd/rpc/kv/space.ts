// The space a write may take: the size of one request, and the quota, beyond which etcd raises an alarm and refuses writes.
// Invariant: with the alarm up nothing is put until an operator takes it down; what frees space is never refused.
// Called by: put.ts, txn.ts, lease/grant.ts. Next on the way: maintenance/alarm.ts.

import type { Etcd } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import type { TxnRequest } from "../../messages.gen.ts";

export const alarms = { noSpace: 1, corrupt: 2 } as const;

export function checkSize({ limits }: Etcd, bytes: number): void {
  if (bytes > limits.maxRequestBytes) throw etcdError("requestTooLarge");
}

/** Nothing to wait for where there is space: what was checked before still holds after it. */
export function checkQuota(etcd: Etcd, bytes: number): Promise<never> | undefined {
  const { state } = etcd.store;
  if (state.alarms.up.some(({ alarm }) => alarm === alarms.noSpace)) throw etcdError("noSpace");
  if (state.bytes + bytes <= etcd.limits.quotaBytes) return undefined;
  return etcd.execute({ type: "alarm", active: true, alarm: alarms.noSpace, member: etcd.identity.memberId }, "done").then(() => {
    throw etcdError("noSpace");
  });
}

export const putsSomething = (txn: TxnRequest): boolean =>
  [...txn.success, ...txn.failure].some(({ request_put, request_txn }) => request_put || (request_txn && putsSomething(request_txn)));
