// A configuration laid over what is there: its values win, what it does not speak of stays.
// Invariant: nothing is removed here; neither document is changed. Lists of items keep what is there in its place and take the
//   configuration's order for what it names.
// Called by: applyconfig.ts. Next on the way: prune.ts.

import { asList, asMap, isEmpty, itemNode, partNode } from "./compare.ts";
import type { Document } from "./document.ts";
import type { Element } from "./element.ts";
import { itemElement, type Node, nodeOfType } from "./topology.ts";

export function mergeDocuments(live: Document, config: Document, type: string): Document {
  return (merge(live, config, nodeOfType(type)) ?? {}) as Document;
}

/** Undefined: nothing comes out, as of a map that holds nothing but empty leftovers. */
function merge(live: unknown, config: unknown, node: Node): unknown {
  if (node.kind === "leaf" || (isEmpty(live) && isEmpty(config))) return config === undefined ? live : config;
  if (node.kind === "set" || node.kind === "keyed") return mergeLists(asList(live), asList(config), node);
  const left = asMap(live);
  const right = asMap(config);
  const out: Document = {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const part = partNode(node, name);
    if (part === undefined) continue;
    const value = merge(own(left, name), own(right, name), part);
    if (value !== undefined) out[name] = value;
  }
  return isEmpty(out) ? undefined : out;
}

function own(map: Readonly<Document>, name: string): unknown {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

interface Indexed {
  readonly order: readonly Element[];
  readonly items: readonly unknown[];
  /** Null stands for more than one: they are not merged with anything. */
  readonly byKey: ReadonlyMap<Element, unknown>;
}

function index(list: readonly unknown[], node: Node & { kind: "keyed" | "set" }): Indexed {
  const order = list.map((item) => itemElement(node, item));
  const byKey = new Map<Element, unknown>();
  order.forEach((key, at) => byKey.set(key, byKey.has(key) ? null : list[at]));
  return { order, items: list, byKey };
}

function mergeLists(live: readonly unknown[], config: readonly unknown[], node: Node & { kind: "keyed" | "set" }): unknown {
  const left = index(live, node);
  const right = index(config, node);
  const inner = itemNode(node);
  const out: unknown[] = [];
  const push = (l: unknown, r: unknown): void => {
    const item = merge(l, r, inner);
    if (item !== undefined) out.push(item);
  };
  const shared = right.order.filter((key) => left.byKey.has(key));
  let next = shared.shift();
  const taken = new Set<Element>();
  const take = (key: Element): void => {
    taken.add(key);
    push(left.byKey.get(key), right.byKey.get(key));
    if (next === key) next = shared.shift();
  };
  for (let l = 0, r = 0; l < left.order.length || r < right.order.length; ) {
    const mine = left.order[l];
    const theirs = right.order[r];
    if (mine !== undefined && mine === theirs) {
      taken.add(mine);
      push(left.byKey.get(mine), right.byKey.get(mine));
      next = shared.shift();
      l++;
      r++;
      continue;
    }
    // Both have it, but the configuration wants another one first.
    if (mine !== undefined && theirs !== undefined && right.byKey.has(mine) && next !== undefined && next !== mine) {
      l++;
      continue;
    }
    if (mine !== undefined && !right.byKey.has(mine)) {
      push(left.items[l], undefined);
      l++;
      continue;
    }
    if (mine !== undefined && taken.has(mine)) l++;
    if (theirs !== undefined) {
      take(theirs);
      r++;
    }
  }
  return out.length > 0 ? out : undefined;
}
