// GET of many: which state is asked for, which objects of it, and where the page ends.
// Invariant: a page and all that follow it by their tokens show one state; a list's resourceVersion is where a watch may go on.
// Called by: registry.ts, delete.ts. Next on the way: listbody.ts.

import { ApiError } from "#api";
import { assert, Slicer } from "#lib";
import { revision as toRevision, type Revision, StoreError } from "#store";
import type { HttpResponse } from "#wire";
import { type Entry, entryFromStore } from "../cache/entry.ts";
import type { EntryTree } from "../cache/resource.ts";
import type { Call } from "../call.ts";
import { type Continue, decodeContinue, encodeContinue } from "./continue.ts";
import { waitUntil, waitUntilFresh } from "./get.ts";
import { endOf } from "./keys.ts";
import { listBody } from "./listbody.ts";
import { checkListOptions, type ListOptions, readListOptions } from "./options.ts";
import { scopeOf, type Selectors, selectorsOf } from "./selectors.ts";

export interface Selection {
  readonly entries: readonly Entry[];
  readonly revision: Revision;
  readonly continueToken: string;
  readonly remainingItemCount: number | undefined;
}

export async function list(call: Call): Promise<HttpResponse> {
  const options = readListOptions(call.info.query);
  checkListOptions(options);
  return answerList(call, await selectEntries(call, options));
}

export function answerList(call: Call, selection: Selection): Promise<HttpResponse> {
  return listBody(call, selection);
}

/** What is to be listed: from `start` on, in the newest state or at exactly one revision. */
interface Plan {
  readonly start: string;
  readonly exact: number | undefined;
  readonly atLeast: number | undefined;
  readonly token: Continue | undefined;
}

function badVersion(text: string): ApiError {
  const quoted = JSON.stringify(text);
  const detail = `Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  return ApiError.badRequest(`invalid resource version: resourceVersion: ${detail}`);
}

/** The rules of resourceVersion, resourceVersionMatch, limit and continue. */
function planList(options: ListOptions, prefix: string): Plan {
  const { resourceVersion, resourceVersionMatch, limit, continueToken } = options;
  if (continueToken !== "") {
    if (resourceVersion !== "" && resourceVersion !== "0")
      throw ApiError.badRequest("specifying resource version is not allowed when using continue");
    const token = decodeContinue(continueToken, prefix);
    return { start: token.start, exact: token.revision > 0 ? token.revision : undefined, atLeast: undefined, token };
  }
  const nothing = { start: prefix, exact: undefined, atLeast: undefined, token: undefined };
  if (resourceVersion === "") return nothing;
  if (!/^\d+$/.test(resourceVersion)) throw badVersion(resourceVersion);
  const wanted = Number(resourceVersion);
  if (resourceVersionMatch === "Exact") return { ...nothing, exact: wanted };
  // Without a match, a limit makes an old-style request exact. (wire.md 1.3)
  if (resourceVersionMatch === "" && limit > 0 && wanted > 0) return { ...nothing, exact: wanted };
  return { ...nothing, atLeast: wanted };
}

export async function selectEntries(call: Call, options: ListOptions): Promise<Selection> {
  const selectors = selectorsOf(call, options);
  const cache = call.core.cache.of(call.resource);
  const scope = scopeOf(call, selectors.fields);
  const pagePrefix = call.info.namespace !== "" && call.resource.namespaced ? `${cache.prefix}${call.info.namespace}/` : cache.prefix;
  const plan = planList(options, pagePrefix);
  const prefix = call.resource.namespaced && scope.namespace ? `${cache.prefix}${scope.namespace}/` : pagePrefix;
  const page: Page = { selectors, prefix, pagePrefix, start: plan.start > prefix ? plan.start : prefix, limit: options.limit };
  if (plan.exact !== undefined) return selectExact(call, page, plan.exact, plan.token);
  if (plan.atLeast === undefined) {
    if (!(await waitUntilFresh(call))) return selectFromStore(call, page, undefined);
  } else if (plan.atLeast > 0) await waitUntil(call, plan.atLeast);
  const { revision } = call.core.cache;
  return selectFrom(call, cache.snapshot(), revision, page);
}

interface Page {
  readonly selectors: Selectors;
  readonly prefix: string;
  /** What the continue token leaves out: the path's part of the key. */
  readonly pagePrefix: string;
  readonly start: string;
  readonly limit: number;
}

async function selectExact(call: Call, page: Page, exact: number, token: Continue | undefined): Promise<Selection> {
  await waitUntil(call, exact);
  const cache = call.core.cache.of(call.resource);
  // Nothing has changed here since then: the newest state is that state.
  if (cache.lastChange <= exact) return selectFrom(call, cache.snapshot(), toRevision(exact), page);
  try {
    return await selectFromStore(call, page, toRevision(exact));
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "compacted")) throw error;
    if (token === undefined) throw ApiError.gone("The resourceVersion for the provided list is too old.");
    throw expiredContinue(encodeContinue({ revision: -1, start: token.start }, page.pagePrefix));
  }
}

function expiredContinue(token: string): ApiError {
  const text =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
  const { status } = ApiError.gone(text);
  return new ApiError({ ...status, metadata: { continue: token } });
}

/** Walks one immutable state, giving the event loop back every few milliseconds. */
async function selectFrom(call: Call, tree: EntryTree, revision: Revision, page: Page): Promise<Selection> {
  const { selectors, limit, start } = page;
  const end = endOf(page.prefix);
  const entries: Entry[] = [];
  const slicer = new Slicer(call.core.clock);
  let more = 0;
  for (const [key, entry] of tree.entries(start)) {
    if (key >= end) break;
    if (selectors.matches(entry)) {
      if (limit === 0 || entries.length < limit) entries.push(entry);
      else {
        more++;
        // How many are left is told only where it needs no looking at them.
        if (!selectors.empty) break;
      }
    }
    if (slicer.spent) await slicer.turn();
  }
  return finish(page, entries, revision, more);
}

function finish(page: Page, entries: Entry[], revision: Revision, more: number): Selection {
  if (more === 0) return { entries, revision, continueToken: "", remainingItemCount: undefined };
  const last = entries.at(-1);
  assert(last, "a page that has more has an item");
  return {
    entries,
    revision,
    continueToken: encodeContinue({ revision, start: `${last.key}\0` }, page.pagePrefix),
    remainingItemCount: page.selectors.empty ? more : undefined,
  };
}

const storePage = 500;

/** The way without the cache: an old state, or a cache that lags too far behind. */
async function selectFromStore(call: Call, page: Page, at: Revision | undefined): Promise<Selection> {
  const { shape } = call.core.cache.of(call.resource);
  const end = endOf(page.prefix);
  const entries: Entry[] = [];
  let revision = at;
  let start: string | undefined = page.start;
  let more = 0;
  while (start !== undefined && more === 0) {
    const result = await call.core.store.range({ start, end, limit: storePage, ...(revision !== undefined && { revision }) });
    revision ??= result.revision;
    let seen = 0;
    for (const kv of result.kvs) {
      seen++;
      const entry = readable(call, () => entryFromStore(shape, kv));
      if (!entry || !page.selectors.matches(entry)) continue;
      if (page.limit === 0 || entries.length < page.limit) entries.push(entry);
      else {
        more = result.count - seen + 1;
        break;
      }
    }
    start = result.more ? `${result.kvs.at(-1)!.key}\0` : undefined;
  }
  return finish(page, entries, revision!, more);
}

function readable(call: Call, read: () => Entry): Entry | undefined {
  try {
    return read();
  } catch (error) {
    call.core.log.error("stored value does not decode; it is left out of a list", { error });
    return undefined;
  }
}
