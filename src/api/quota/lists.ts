// Arithmetic of resource lists: `{cpu: "1", "limits.memory": "2Gi"}`.
// Invariant: pure; amounts are parsed, never compared as text; results are in canonical text.
// Called by: quota/*.ts, apiserver's LimitRanger. Next on the way: podresources.ts.

import { own } from "#lib";
import { compareBytes } from "../meta/gotext.ts";
import { Quantity } from "../meta/quantity.ts";

export type ResourceList = Readonly<Record<string, string>>;

function combine(a: ResourceList, b: ResourceList, one: (x: Quantity, y: Quantity) => Quantity): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [x, y] = [own(a, name), own(b, name)];
    result[name] = one(Quantity.parse(x ?? "0"), Quantity.parse(y ?? "0")).toString();
  }
  return result;
}

export function addLists(a: ResourceList, b: ResourceList): Record<string, string> {
  return combine(a, b, (x, y) => (y.isZero ? x : x.add(y)));
}

/** What `a` needs beyond `b`, nothing below zero. */
export function excess(a: ResourceList, b: ResourceList): Record<string, string> {
  return combine(a, b, (x, y) => (x.cmp(y) > 0 ? x.sub(y) : Quantity.zero));
}

export function maxLists(a: ResourceList, b: ResourceList): Record<string, string> {
  return combine(a, b, (x, y) => (y.cmp(x) > 0 ? y : x));
}

/** Only these names. */
export function mask(list: ResourceList, names: Iterable<string>): Record<string, string> {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(list).filter(([name]) => wanted.has(name)));
}

export function withoutZeros(list: ResourceList): Record<string, string> {
  return Object.fromEntries(Object.entries(list).filter(([, amount]) => !Quantity.parse(amount).isZero));
}

/** Names of `a` that are more than `b` allows; what `b` does not name is not limited. */
export function exceeding(a: ResourceList, b: ResourceList): string[] {
  return Object.entries(a).flatMap(([name, amount]) => {
    const limit = own(b, name);
    return limit !== undefined && Quantity.parse(amount).cmp(Quantity.parse(limit)) > 0 ? [name] : [];
  });
}

export function sameLists(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = own(b, name);
    return other !== undefined && Quantity.parse(a[name]!).cmp(Quantity.parse(other)) === 0;
  });
}

/** `cpu=1,pods=2`, sorted. */
export function listText(list: ResourceList): string {
  return Object.keys(list)
    .sort(compareBytes)
    .map((name) => `${name}=${Quantity.parse(list[name]!).toString()}`)
    .join(",");
}
