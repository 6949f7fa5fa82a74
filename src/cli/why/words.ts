// The words that all sentences of `dhow why` share: durations, people, lists, amounts.
// Invariant: pure; nobody is called by a number where a name is known.
// Called by: every file beside this one. Next on the way: history.ts, which says who did what.

import { humanDuration } from "#api";

export function ago(nowMs: number, thenMs: number): string {
  return Number.isFinite(thenMs) ? `${humanDuration(Math.max(nowMs - thenMs, 0))} ago` : "at an unknown time";
}

/** Parts of the cluster by what they are, everybody else by the name they came with. */
export function person(user: string): string {
  const account = /^system:serviceaccount:([^:]+):(.+)$/.exec(user);
  if (account)
    return account[1] === "kube-system" && /-(controller|collector)$/.test(account[2]!)
      ? `the ${account[2]}`
      : `service account ${account[1]}/${account[2]}`;
  const node = /^system:node:(.+)$/.exec(user);
  if (node) return `the node agent of ${node[1]}`;
  if (user === "system:kube-scheduler") return "the scheduler";
  if (user === "system:apiserver") return "the API server itself";
  if (user === "system:kube-controller-manager") return "the controller manager";
  return user === "" ? "somebody" : user;
}

export function list(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

/** CPU in cores, bytes in the largest unit that keeps them short. */
export function amount(resource: string, value: number): string {
  if (resource === "cpu") return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
  const bytes = resource === "memory" || resource === "ephemeral-storage" || resource.startsWith("hugepages-");
  if (!bytes) return String(value);
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  let unit = 0;
  let rest = value;
  while (Math.abs(rest) >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(rest) ? rest : rest.toFixed(1)}${units[unit]}`;
}

export const sentence = (text: string): string => {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
};
