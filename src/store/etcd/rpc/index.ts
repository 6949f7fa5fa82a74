// Every call of the face: one file each, one line here.
// Invariant: a call that is missing here answers Unimplemented by its name.
// Called by: face.ts. Next on the way: the call's own file.

import type { Rpc } from "../etcd.ts";
import { authenticate } from "./auth/authenticate.ts";
import { roleAdd, roleDelete, roleGet, roleGrantPermission, roleList, roleRevokePermission } from "./auth/roles.ts";
import { authDisable, authEnable, authStatus } from "./auth/switch.ts";
import { userAdd, userChangePassword, userDelete, userGet, userGrantRole, userList, userRevokeRole } from "./auth/users.ts";
import { memberAdd, memberPromote, memberRemove, memberUpdate } from "./cluster/change.ts";
import { memberList } from "./cluster/list.ts";
import { campaign, leader, proclaim, resign } from "./election/election.ts";
import { observe } from "./election/observe.ts";
import { compact } from "./kv/compact.ts";
import { deleteRange } from "./kv/deleterange.ts";
import { put } from "./kv/put.ts";
import { range } from "./kv/range.ts";
import { txn } from "./kv/txn.ts";
import { leaseGrant } from "./lease/grant.ts";
import { leaseKeepAlive } from "./lease/keepalive.ts";
import { leaseLeases } from "./lease/leases.ts";
import { leaseRevoke } from "./lease/revoke.ts";
import { leaseTimeToLive } from "./lease/timetolive.ts";
import { lock, unlock } from "./lock/lock.ts";
import { alarm } from "./maintenance/alarm.ts";
import { defragment } from "./maintenance/defragment.ts";
import { hash, hashKv } from "./maintenance/hash.ts";
import { moveLeader } from "./maintenance/moveleader.ts";
import { status } from "./maintenance/status.ts";
import { watch } from "./watch/watch.ts";

export const rpcs: readonly Rpc[] = [
  range,
  put,
  deleteRange,
  txn,
  compact,
  watch,
  leaseGrant,
  leaseRevoke,
  leaseKeepAlive,
  leaseTimeToLive,
  leaseLeases,
  memberList,
  memberAdd,
  memberRemove,
  memberUpdate,
  memberPromote,
  status,
  alarm,
  hash,
  hashKv,
  defragment,
  moveLeader,
  lock,
  unlock,
  campaign,
  proclaim,
  leader,
  resign,
  observe,
  authEnable,
  authDisable,
  authStatus,
  authenticate,
  userAdd,
  userDelete,
  userChangePassword,
  userGrantRole,
  userRevokeRole,
  userGet,
  userList,
  roleAdd,
  roleDelete,
  roleGrantPermission,
  roleRevokePermission,
  roleGet,
  roleList,
];
