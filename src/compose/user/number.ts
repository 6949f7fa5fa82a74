// The number a cluster's serving parts run under: a user and a group that are nobody else's, without an entry anywhere.
// Invariant: the same folder always gets the same number where it is free; `nobody`, which other services share, is never it.
// Called by: decide.ts. Next on the way: the state folder keeps it in `user.json`, and every later start reads it there.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { processIds } from "#linux";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export const root: User = { uid: 0, gid: 0 };

/** What systemd's manual sets aside for users that exist only while a service runs. */
export const numbers = { first: 61_184, last: 65_519 } as const;

/** Starts at a place that follows from `seed` and takes the first free number from there, round once. */
export function chooseNumber(seed: string, taken: (number: number) => boolean): number | undefined {
  const count = numbers.last - numbers.first + 1;
  const start = createHash("sha256").update(seed).digest().readUInt32BE(0) % count;
  for (let step = 0; step < count; step++) {
    const number = numbers.first + ((start + step) % count);
    if (!taken(number)) return number;
  }
  return undefined;
}

/** The third field of every line of /etc/passwd or /etc/group. */
export function numbersIn(text: string): readonly number[] {
  return text.split("\n").flatMap((line) => {
    const number = Number(line.split(":")[2] ?? "");
    return Number.isInteger(number) && number > 0 ? [number] : [];
  });
}

/** `0 0 4294967295` in /proc/self/uid_map: which numbers exist in this user namespace. */
export function isMapped(map: string, number: number): boolean {
  return map.split("\n").some((line) => {
    const [first, , count] = line.trim().split(/\s+/).map(Number);
    return first !== undefined && count !== undefined && number >= first && number < first + count;
  });
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Numbers that somebody has: accounts, services, running processes, and the other clusters of this home. */
export function takenNumbers(home: string, except: string): (number: number) => boolean {
  const taken = new Set([...numbersIn(textOf("/etc/passwd")), ...numbersIn(textOf("/etc/group"))]);
  for (const pid of processIds()) taken.add(statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? 0);
  for (const name of existsSync(home) ? readdirSync(home) : []) {
    const { user } = parseUser(name === except ? "" : textOf(join(home, name, "user.json")));
    if (user) taken.add(user.uid);
  }
  return (number) => taken.has(number) || existsSync(`/run/systemd/dynamic-uid/${number}`);
}

export interface UserRecord {
  readonly user?: User;
  /** Why the serving parts keep root all the same. */
  readonly kept?: string;
}

/** What `user.json` says; a number that could not be ours counts as none. */
export function parseUser(text: string): UserRecord {
  try {
    const { user, kept } = JSON.parse(text) as Partial<UserRecord>;
    const uid = user?.uid ?? 0;
    const ours = uid === user?.gid && Number.isInteger(uid) && uid >= numbers.first && uid <= numbers.last;
    return { ...(ours ? { user: { uid, gid: uid } } : {}), ...(typeof kept === "string" ? { kept } : {}) };
  } catch {
    return {};
  }
}
