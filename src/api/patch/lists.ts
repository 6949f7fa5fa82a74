// Merging lists in a strategic merge patch: by key or as sets, and the order of what comes out.
// Invariant: what the patch names stands in the patch's order; what only the server has keeps its order; the server's order joins them.
// Called by: strategic.ts. Next on the way: plain.ts.

import { ApiError } from "../meta/errors.ts";
import { goText, goTypeOf, isMap, type JsonMap } from "./plain.ts";

const directive = "$patch";

/** Upstream answers most malformed patches with a bare 500. */
function failed(message: string): ApiError {
  return ApiError.of(500, "", message);
}

export function badPatch(kind: unknown, map: JsonMap): ApiError {
  const shown = typeof kind === "string" ? kind : `%!s(${goTypeOf(kind)}=${goText(kind)})`;
  return failed(`unknown patch type: ${shown} in map: ${goText(map)}`);
}

export function badArgument(expected: unknown, received: unknown): ApiError {
  return failed(`expected a ${goTypeOf(expected)}, but received a ${goTypeOf(received)}`);
}

function noKey(map: JsonMap, key: string): ApiError {
  return failed(`map: ${goText(map)} does not contain declared merge key: ${key}`);
}

function keyed(item: unknown, key: string): unknown {
  if (!isMap(item)) throw badArgument({}, item);
  if (!Object.hasOwn(item, key)) throw noKey(item, key);
  return item[key];
}

function findByKey(list: readonly unknown[], key: string, value: unknown): number {
  return list.findIndex((item, index) => {
    if (!isMap(item)) throw failed(`value for key ${index} is not a map`);
    return Object.hasOwn(item, key) && item[key] === value;
  });
}

/** All items of one type, and no lists of lists; answers whether they are maps. */
function checkItems(current: readonly unknown[], patch: readonly unknown[]): boolean {
  const types = [...current, ...patch].map(goTypeOf);
  if (types[0]?.startsWith("[]")) throw failed("lists of lists are not supported");
  if (types.some((type) => type !== types[0])) {
    throw failed(`list element types are not identical: ${goText([current, patch])}`);
  }
  return types[0]?.startsWith("map") ?? false;
}

type MergeMaps = (into: JsonMap, from: JsonMap) => JsonMap;

export function mergeList(
  current: unknown[],
  patch: unknown[],
  mergeKey: string,
  deletes: boolean,
  schemaName: string,
  mergeMaps: MergeMaps,
): unknown[] {
  if (current.length === 0 && patch.length === 0) return current;
  const maps = checkItems(current, patch);
  if (!maps) {
    if (deletes) return current.filter((item) => !patch.includes(item));
    return orderBy([...new Set([...current, ...patch])], patch, current, "");
  }
  if (mergeKey === "") throw failed(`cannot merge lists without merge key for ${schemaName}`);
  const { base, rest } = applySpecial(current, patch as JsonMap[], mergeKey);
  const merged = [...base];
  for (const item of rest) {
    const value = keyed(item, mergeKey);
    const at = findByKey(merged, mergeKey, value);
    if (at < 0) merged.push(item);
    else merged[at] = mergeMaps(merged[at] as JsonMap, item);
  }
  return orderBy(merged, rest, base, mergeKey);
}

/** Items of the patch that are orders, not things: delete this one, replace the whole list. */
function applySpecial(current: unknown[], patch: readonly JsonMap[], mergeKey: string): { base: unknown[]; rest: JsonMap[] } {
  let base = current;
  let replace = false;
  const rest: JsonMap[] = [];
  for (const item of patch) {
    if (!Object.hasOwn(item, directive)) rest.push(item);
    else if (item[directive] === "delete") {
      const value = keyed(item, mergeKey);
      base = base.filter((each) => !isMap(each) || !Object.hasOwn(each, mergeKey) || each[mergeKey] !== value);
    } else if (item[directive] === "replace") replace = true;
    else if (item[directive] === "merge") throw failed("merging lists cannot yet be specified in the patch");
    else throw badPatch(item[directive], item);
  }
  return replace ? { base: rest, rest: [] } : { base, rest };
}

/** Where an item stands in a list; -1 if it is not there. */
function indexIn(list: readonly unknown[], item: unknown, mergeKey: string): number {
  if (mergeKey === "") return list.indexOf(item);
  const value = isMap(item) ? item[mergeKey] : undefined;
  return list.findIndex((each) => isMap(each) && Object.hasOwn(each, mergeKey) && each[mergeKey] === value);
}

export function orderBy(
  items: readonly unknown[],
  order: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  if (mergeKey !== "") for (const item of [...items, ...order, ...serverOrder]) keyed(item, mergeKey);
  const named = sorted(
    items.filter((item) => indexIn(order, item, mergeKey) >= 0),
    order,
    mergeKey,
  );
  const serverOnly = sorted(
    items.filter((item) => indexIn(order, item, mergeKey) < 0),
    serverOrder,
    mergeKey,
  );
  return interleave(serverOnly, named, serverOrder, mergeKey);
}

/** Items that the order does not know move in front of those before them, as upstream's comparison makes them. */
function sorted(items: readonly unknown[], order: readonly unknown[], mergeKey: string): unknown[] {
  const result = [...items];
  const before = (a: unknown, b: unknown): boolean => {
    const [atA, atB] = [indexIn(order, a, mergeKey), indexIn(order, b, mergeKey)];
    return atA < 0 || atB < 0 || atA < atB;
  };
  for (let index = 1; index < result.length; index++) {
    for (let at = index; at > 0 && before(result[at], result[at - 1]); at--) {
      [result[at - 1], result[at]] = [result[at], result[at - 1]];
    }
  }
  return result;
}

function interleave(serverOnly: unknown[], named: unknown[], serverOrder: readonly unknown[], mergeKey: string): unknown[] {
  const result: unknown[] = [];
  let left = 0;
  let right = 0;
  while (left < serverOnly.length || right < named.length) {
    const leftAt = left < serverOnly.length ? indexIn(serverOrder, serverOnly[left], mergeKey) : -1;
    const rightAt = right < named.length ? indexIn(serverOrder, named[right], mergeKey) : -1;
    const takeLeft = right >= named.length || (left < serverOnly.length && leftAt >= 0 && rightAt >= 0 && leftAt < rightAt);
    result.push(takeLeft ? serverOnly[left++] : named[right++]);
  }
  return result;
}

/** What the patch lists must stand in the wanted order, in the same sequence. */
export function checkOrder(given: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (given.length === 0 || order.length === 0) return;
  const wanted = given.filter((item) => !(isMap(item) && Object.hasOwn(item, directive)));
  let next = 0;
  for (const place of order) {
    if (next === wanted.length) return;
    const same = mergeKey === "" ? wanted[next] === place : keyed(wanted[next], mergeKey) === keyed(place, mergeKey);
    if (same) next++;
  }
  if (next < wanted.length) {
    throw failed(`The order in patch list:\n${goText(given)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
  }
}
