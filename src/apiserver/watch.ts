// A watch as its client sees it: first perhaps the current state, then every change, now and then a bookmark, in the end a clean end.
// Invariant: nothing is missing between the state and the first change, and nothing comes twice; what fails after the selectors were
//   read is told as an ERROR event, for the stream is already open.
// Called by: registry/registry.ts. Next on the way: watchline.ts (bytes of one event), cache/watcher.ts (the queue).

import { ApiError } from "#api";
import { type Revision, revision as toRevision } from "#store";
import { header, type HttpResponse } from "#wire";
import type { Entry } from "./cache/entry.ts";
import { eventType } from "./cache/event.ts";
import type { EntryTree } from "./cache/resource.ts";
import type { Watcher, WatchItem, WatchScope } from "./cache/watcher.ts";
import type { Call } from "./call.ts";
import { readRevision, waitUntil, waitUntilFresh } from "./registry/get.ts";
import { endOf } from "./registry/keys.ts";
import { checkWatchOptions, type ListOptions, readListOptions } from "./registry/options.ts";
import { scopeOf, type Selectors, selectorsOf } from "./registry/selectors.ts";
import { expectedFailure } from "./registry/storeerrors.ts";
import { WatchLines } from "./watchline.ts";

const minTimeoutSeconds = 1800;
const bookmarkMs = 60_000;
const chunkBytes = 64 << 10;

export async function watch(call: Call): Promise<HttpResponse> {
  const options = readListOptions(call.info.query);
  checkWatchOptions(options);
  const selectors = selectorsOf(call, options);
  const wanted = readRevision(options.resourceVersion);
  const asked = (header(call.request.headers, "dhow-watch") ?? "").split(", ");
  const lines = new WatchLines(call, { causes: asked.includes("causes"), bare: asked.includes("bare") });
  const body = new WatchStream(call, options, selectors, lines, asked.includes("lines"));
  try {
    await body.open(wanted);
  } catch (error) {
    const failure = expectedFailure(error);
    if (!failure) throw error;
    body.fail(failure);
  }
  return { status: 200, headers: { "content-type": lines.contentType, "cache-control": "no-cache, private" }, body };
}

class WatchStream implements AsyncIterable<Uint8Array> {
  readonly #call: Call;
  readonly #options: ListOptions;
  readonly #selectors: Selectors;
  readonly #scope: WatchScope;
  readonly #lines: WatchLines;
  /** Each line is a chunk, the same bytes for all who watch: within a process nothing is gained by joining them. */
  readonly #whole: boolean;
  readonly #timers: { cancel(): void }[] = [];
  #watcher: Watcher | undefined;
  #initial: EntryTree | undefined;
  #startedAt: Revision = toRevision(0);
  #failure: ApiError | undefined;

  constructor(call: Call, options: ListOptions, selectors: Selectors, lines: WatchLines, whole: boolean) {
    this.#call = call;
    this.#options = options;
    this.#selectors = selectors;
    this.#scope = scopeOf(call, selectors.fields);
    this.#lines = lines;
    this.#whole = whole;
  }

  fail(error: ApiError): void {
    this.#failure = error;
  }

  /** Takes the starting point. From here on every change is queued. */
  async open(wanted: number | undefined): Promise<void> {
    const { cache } = this.#call.core;
    const resource = cache.of(this.#call.resource);
    const { sendInitialEvents } = this.#options;
    if (sendInitialEvents === true || wanted === undefined || wanted === 0) {
      if (wanted === undefined) await waitUntilFresh(this.#call);
      else if (wanted > 0) await waitUntil(this.#call, wanted);
      this.#startedAt = cache.revision;
      const { watcher, state } = resource.watchFromNow(this.#scope);
      this.#watcher = watcher;
      if (sendInitialEvents !== false) this.#initial = state;
    } else {
      this.#startedAt = toRevision(wanted);
      const watcher = resource.watch(this.#scope, toRevision(wanted));
      if ("oldest" in watcher) throw ApiError.gone(`too old resource version: ${wanted} (${watcher.oldest})`);
      this.#watcher = watcher;
    }
    this.#arm(this.#watcher);
  }

  #arm(watcher: Watcher): void {
    const { clock, prng, cache } = this.#call.core;
    const seconds = this.#options.timeoutSeconds || minTimeoutSeconds * (1 + prng.next());
    const bookmark = (): void => void watcher.push({ type: "bookmark", revision: cache.revision });
    const timeout = (): void => {
      if (this.#options.allowWatchBookmarks) bookmark();
      watcher.end();
    };
    this.#timers.push(clock.after(seconds * 1000, timeout));
    const again = (): void => {
      bookmark();
      this.#timers.push(clock.after(bookmarkMs * (0.9 + 0.2 * prng.next()), again));
      if (this.#timers.length > 2) this.#timers.splice(1, this.#timers.length - 2);
    };
    if (this.#options.allowWatchBookmarks) this.#timers.push(clock.after(bookmarkMs * (0.9 + 0.2 * prng.next()), again));
    this.#call.request.signal.addEventListener("abort", () => this.#close(), { once: true });
    if (this.#call.request.signal.aborted) this.#close();
  }

  #close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#watcher?.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      if (this.#failure) {
        yield this.#lines.error(this.#failure);
        return;
      }
      if (this.#initial) yield* this.#state(this.#initial);
      this.#initial = undefined;
      for (;;) {
        const items = await this.#watcher!.take();
        if (items.length === 0) return;
        const pieces = this.#encode(items);
        // One by one: handing them over to the array's own iterator would cost several promises each.
        if (this.#whole) for (const piece of pieces) yield piece;
        else if (pieces.length > 0) yield pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      }
    } finally {
      this.#close();
    }
  }

  async *#state(tree: EntryTree): AsyncGenerator<Uint8Array> {
    const { namespace, name } = this.#scope;
    const { namespaced } = this.#call.resource;
    const resource = this.#call.core.cache.of(this.#call.resource);
    const prefix = namespaced && namespace ? `${resource.prefix}${namespace}/` : resource.prefix;
    // Of one object nobody else's key needs a look: a thousand nodes each watch themselves.
    const only = name !== undefined && (!namespaced || namespace) ? prefix + name : undefined;
    let pieces: Buffer[] = [];
    let length = 0;
    for (const [key, entry] of tree.entries(only ?? prefix)) {
      if (only === undefined ? key >= endOf(prefix) : key !== only) break;
      if (!this.#matches(entry)) continue;
      const line = this.#lines.state(entry);
      pieces.push(line);
      length += line.length;
      if (length < chunkBytes) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      length = 0;
    }
    if (this.#options.sendInitialEvents && this.#options.allowWatchBookmarks) pieces.push(this.#lines.bookmark(this.#startedAt, true));
    if (pieces.length > 0) yield Buffer.concat(pieces);
  }

  #matches(entry: Entry | undefined): boolean {
    if (entry === undefined) return false;
    const { namespace, name } = this.#scope;
    if (this.#call.resource.namespaced && namespace !== undefined && entry.namespace !== namespace) return false;
    return (name === undefined || entry.name === name) && this.#selectors.matches(entry);
  }

  #encode(items: readonly WatchItem[]): readonly Buffer[] {
    const pieces: Buffer[] = [];
    for (const item of items) {
      if (item.type === "bookmark") pieces.push(this.#lines.bookmark(item.revision, false));
      else if (item.type === "error") pieces.push(this.#lines.error(item.error));
      else {
        const { event } = item;
        // A client may ask to start after a revision that lies ahead.
        if (event.revision <= this.#startedAt) continue;
        const type = eventType(this.#matches(event.previous), this.#matches(event.entry));
        if (type !== undefined) pieces.push(this.#lines.event(type, event));
      }
    }
    return pieces;
  }
}
