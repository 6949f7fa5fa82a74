// Who wrote this field: managedFields name the manager, the history names request, user and revision.
// Invariant: a list's item is found by the keys that the API merges it by; a field inside an atomic value belongs to that value's owner.
// Called by: explain.ts for --field, deletion.ts for finalizers, node.ts. Next on the way: history.ts.

import type { ManagedFieldsEntry } from "#api";
import type { AnyObject, Live } from "#client";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import type { Write } from "./history.ts";
import { ago } from "./words.ts";

/** `spec.template.spec.containers[0].image`, `containers[name=web]`, `metadata.labels["a.b/c"]`. */
export function parsePath(path: string): readonly string[] {
  const steps = [...path.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)];
  return steps.map(([, quoted, index, name]) => (quoted !== undefined ? quoted : index !== undefined ? `[${index}]` : name!));
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

function pick(items: readonly unknown[], step: string): unknown {
  const [key = "", value] = step.slice(1, -1).split("=");
  if (value === undefined) return items[Number(key)];
  return items.find((item) => isTree(item) && String(item[key]) === value);
}

/** The key of fieldsV1 that stands for an item of a list. */
function itemKey(fields: Tree, item: unknown): string | undefined {
  return Object.keys(fields).find((key) => {
    if (key.startsWith("v:")) return key === `v:${JSON.stringify(item)}`;
    if (!key.startsWith("k:") || !isTree(item)) return false;
    return Object.entries(JSON.parse(key.slice(2)) as Tree).every(([name, value]) => item[name] === value);
  });
}

const isLeaf = (fields: Tree): boolean => Object.keys(fields).every((key) => key === ".");

/** Whether the manager of `fields` owns what `path` leads to in `value`. */
export function owns(fields: unknown, value: unknown, path: readonly string[]): boolean {
  if (!isTree(fields)) return false;
  const [step, ...rest] = path;
  if (step === undefined) return true;
  const item = step.startsWith("[") && Array.isArray(value) ? pick(value, step) : undefined;
  const key = step.startsWith("[") ? itemKey(fields, item) : `f:${step}`;
  const inner = step.startsWith("[") ? item : isTree(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  if (key !== undefined && Object.hasOwn(fields, key)) return owns(fields[key], inner, rest);
  return isLeaf(fields);
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => {
    if (step.startsWith("[")) return Array.isArray(at) ? pick(at, step) : undefined;
    return isTree(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }, value);
}

export function ownersOf(object: Live<AnyObject>, path: readonly string[]): readonly ManagedFieldsEntry[] {
  return (object.metadata.managedFields ?? []).filter((entry) => owns(entry.fieldsV1, object, path));
}

/** The cluster's own parts by the names they own fields under. Nobody else writes under theirs, and they under no other. */
function partOf(user: string): string | undefined {
  if (user === "system:kube-controller-manager" || /^system:serviceaccount:kube-system:.*-(controller|collector)$/.test(user))
    return "kube-controller-manager";
  if (user === "system:kube-scheduler") return "kube-scheduler";
  return user.startsWith("system:node:") ? "kubelet" : undefined;
}

const parts: readonly string[] = ["kube-controller-manager", "kube-scheduler", "kubelet"];

/** managedFields tell seconds: of the writes of that second through the same door, the last that the manager can have made. */
export function writeBehind(entry: ManagedFieldsEntry, writes: readonly Write[]): Write | undefined {
  const atMs = Date.parse(entry.time ?? "");
  const second = (ms: number): number => Math.floor(ms / 1000) * 1000;
  const candidates = writes.filter(
    (write) =>
      write.verb !== "DELETE" &&
      (write.subresource === (entry.subresource ?? "") || (entry.subresource === undefined && write.subresource === "binding")) &&
      second(write.startMs) <= atMs &&
      second(write.endMs) >= atMs,
  );
  const { manager = "" } = entry;
  const fits = ({ user }: Write): boolean => partOf(user) === (parts.includes(manager) ? manager : undefined);
  return candidates.findLast(fits) ?? candidates.at(-1);
}

export function ownerSentence(evidence: Evidence, entry: ManagedFieldsEntry): string {
  const { nowMs, history, info, namespace, name } = evidence;
  const behind = writeBehind(entry, history.writesOf(info, namespace, name));
  const how = entry.operation === "Apply" ? "by server-side apply" : `by ${entry.operation ?? "Update"}`;
  const through = entry.subresource ? ` through /${entry.subresource}` : "";
  const manager = `manager ${JSON.stringify(entry.manager ?? "")} ${how}${through}, ${ago(nowMs, Date.parse(entry.time ?? ""))} (${entry.time ?? "no time"})`;
  return behind ? `${manager}: ${history.because(behind, nowMs)}` : `${manager}; the request itself is not in the traces that are kept`;
}

export function fieldFindings(evidence: Evidence, path: string): Finding[] {
  const { object } = evidence;
  if (!object) return [];
  const steps = parsePath(path);
  const value = valueAt(object, steps);
  const is = value === undefined ? "is not set" : `is ${JSON.stringify(value)?.slice(0, 200)}`;
  const owners = ownersOf(object, steps).toSorted((a, b) => Date.parse(b.time ?? "") - Date.parse(a.time ?? ""));
  const from = "managedFields and revisions";
  const [newest, ...others] = owners;
  if (!newest) {
    const system =
      /^(metadata\.(uid|name|namespace|creationTimestamp|generation|resourceVersion|managedFields|selfLink)|apiVersion|kind)\b/.test(path);
    const why = system
      ? "the API server keeps it itself"
      : value === undefined
        ? "nobody owns it"
        : "no manager owns it: it is a default, or was set before owners were kept";
    return [{ topic: "field", from, text: `${path} ${is}; ${why}.` }];
  }
  return [
    { topic: "field", from, text: `${path} ${is}. It was written by ${ownerSentence(evidence, newest)}.` },
    ...others.map(
      (entry): Finding => ({ topic: "field", from, text: `It belongs to another manager too: ${ownerSentence(evidence, entry)}.` }),
    ),
  ];
}
