// Who a member is: its number, and all that follows from it.
// Invariant: equal numbers are equal members; a number is never given twice.
// Called by: member.ts, life.ts, peers.ts, faults.ts, group.ts. Next on the way: member.ts.

import type { MemberId } from "#raft";
import type { MemberRecord } from "#store/parts";

export const urlsOf = (id: MemberId): readonly string[] => [`http://m${id}`];

/** How a founder, or one who was added, is known. */
export const recordOf = (id: MemberId): MemberRecord => ({
  number: id,
  id: `a${id}`,
  name: `m${id}`,
  peerUrls: urlsOf(id),
  clientUrls: urlsOf(id),
  learner: false,
});
