// A Transport that answers like a small API server from memory: create, get, list, watch, update, patch, delete with finalizers.
// Invariant: what it does, it does as the real one (conflicts, generation, uid, streamed lists); what it lacks it answers with 501.
// Called by: tests of client/, controllers/, scheduler/ and kubelet/. Every request is recorded in `requests`.

import { ApiError, resources, type ResourceInfo } from "#api";
import { BoundedQueue, type Clock, nameSuffix, own, type Prng, rfc3339, seededPrng, uuid } from "#lib";
import type { AnyObject, Live } from "../objects.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport.ts";
import { type FakeEvent, FakeStore } from "./fakestore.ts";

interface Route {
  info: ResourceInfo;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
  query: URLSearchParams;
}

export interface FakeApi {
  readonly transport: Transport;
  readonly store: FakeStore;
  readonly requests: TransportRequest[];
  /** Called before a request is carried out; may throw an ApiError, to play a failure. */
  before: (request: TransportRequest) => void;
  /** Ends all open watches, as a restarting server would. */
  breakWatches(): void;
}

export function createFakeApi(clock: Clock, prng: Prng = seededPrng(1)): FakeApi {
  const store = new FakeStore();
  const server = new FakeServer(store, clock, prng);
  const api: FakeApi = {
    store,
    requests: [],
    before: () => undefined,
    breakWatches: () => server.breakWatches(),
    transport: {
      close: () => server.breakWatches(),
      async request(request) {
        // The real way is never synchronous either.
        await Promise.resolve();
        api.requests.push(request);
        try {
          api.before(request);
          return server.answer(request);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          return answer(error.status.code ?? 500, error.status);
        }
      },
    },
  };
  return api;
}

function answer(status: number, body: unknown): TransportResponse {
  const bytes = Buffer.from(JSON.stringify(body));
  return { status, headers: { "content-type": "application/json" }, body: once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

const resourceName = (info: ResourceInfo): string => (info.group === "" ? info.resource : `${info.resource}.${info.group}`);

function route(target: string): Route {
  const url = new URL(target, "http://fake");
  const parts = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const [group, version, ...rest] = parts[0] === "api" ? ["", parts[1], ...parts.slice(2)] : [parts[1], parts[2], ...parts.slice(3)];
  // `/namespaces/x/pods` is scoped; `/namespaces/x` and its subresources are the namespace itself.
  const scoped = rest[0] === "namespaces" && rest.length > 2 && !["finalize", "status"].includes(rest[2]!);
  const [resource, name, subresource] = scoped ? rest.slice(2) : rest;
  const info = resources.find((one) => one.group === group && one.version === version && one.resource === resource);
  if (!info) throw ApiError.notFound({ group: group ?? "", resource: resource ?? "" }, name ?? "");
  return { info, namespace: scoped ? rest[1] : undefined, name, subresource, query: url.searchParams };
}

function selects(query: URLSearchParams, object: Live<AnyObject>): boolean {
  const labels = query.get("labelSelector");
  const labelled = (labels ?? "").split(",").every((one) => {
    const [name = "", value] = one.split("=");
    return (
      one === "" || (value === undefined ? own(object.metadata.labels, name) !== undefined : own(object.metadata.labels, name) === value)
    );
  });
  if (!labelled) return false;
  return (query.get("fieldSelector") ?? "").split(",").every((one) => {
    if (one === "") return true;
    const [, path = "", op, wanted] = /^([^!=]+)(!?=)=?(.*)$/.exec(one) ?? [];
    const value = path.split(".").reduce<unknown>((at, field) => (at as Record<string, unknown> | undefined)?.[field], object) ?? "";
    return (value === wanted) === (op === "=");
  });
}

/** RFC 7386; a strategic patch is the same as long as its lists are whole, as `$patch: replace` says. */
function merged(document: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.filter((one) => (one as { $patch?: string } | null)?.$patch === undefined);
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = typeof document === "object" && document !== null ? { ...(document as Record<string, unknown>) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(own(result, key), value);
  }
  return result;
}

class FakeServer {
  readonly #store: FakeStore;
  readonly #clock: Clock;
  readonly #prng: Prng;
  readonly #watches = new Set<BoundedQueue<Uint8Array>>();

  constructor(store: FakeStore, clock: Clock, prng: Prng) {
    this.#store = store;
    this.#clock = clock;
    this.#prng = prng;
  }

  breakWatches(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  answer(request: TransportRequest): TransportResponse {
    const to = route(request.target);
    const body = request.body ? (JSON.parse(Buffer.from(request.body).toString("utf8")) as Live<AnyObject>) : undefined;
    switch (request.method) {
      case "GET":
        if (to.name !== undefined) return answer(200, this.#existing(to));
        return to.query.get("watch") === "true" ? this.#watch(to, request.signal) : this.#list(to);
      case "POST":
        return to.subresource === undefined ? answer(201, this.#create(to, body!)) : answer(501, {});
      case "PUT":
        return answer(200, this.#update(to, body!));
      case "PATCH": {
        const old = this.#existing(to);
        return answer(200, this.#update(to, merged(old, body) as Live<AnyObject>));
      }
      case "DELETE":
        if (to.name === undefined) return this.#deleteCollection(to);
        return answer(200, this.#delete(to, (body ?? {}) as unknown as { preconditions?: { uid?: string }; propagationPolicy?: string }));
      default:
        return answer(501, {});
    }
  }

  #existing(to: Route): Live<AnyObject> {
    const object = this.#store.get(resourceName(to.info), to.namespace, to.name!);
    if (!object) throw ApiError.notFound(to.info, to.name!);
    return object;
  }

  #list(to: Route): TransportResponse {
    const items = this.#store.list(resourceName(to.info), to.namespace).filter((object) => selects(to.query, object));
    return answer(200, { kind: to.info.listKind, metadata: { resourceVersion: String(this.#store.revision) }, items });
  }

  #create(to: Route, object: Live<AnyObject>): Live<AnyObject> {
    const { metadata } = object;
    if (metadata.generateName !== undefined && metadata.name === undefined) metadata.name = metadata.generateName + nameSuffix(this.#prng);
    if (to.namespace !== undefined) metadata.namespace = to.namespace;
    if (this.#store.get(resourceName(to.info), to.namespace, metadata.name)) throw ApiError.alreadyExists(to.info, metadata.name);
    Object.assign(metadata, { uid: uuid(this.#prng), creationTimestamp: rfc3339(this.#clock.nowMs()), generation: 1 });
    return this.#store.put(resourceName(to.info), object);
  }

  #update(to: Route, object: Live<AnyObject>): Live<AnyObject> {
    const old = this.#existing(to) as Live<AnyObject> & { spec?: unknown; status?: unknown };
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== "" && resourceVersion !== old.metadata.resourceVersion)
      throw ApiError.conflict(
        to.info,
        to.name!,
        "the object has been modified; please apply your changes to the latest version and try again",
      );
    const next = structuredClone(
      to.subresource === "status"
        ? { ...old, status: (object as typeof old).status }
        : { ...object, ...(old.status === undefined ? {} : { status: old.status }) },
    ) as typeof old;
    // A write of the status may change metadata too: that is how a Deployment's revision gets there.
    next.metadata = {
      ...structuredClone(object.metadata),
      uid: old.metadata.uid,
      resourceVersion: old.metadata.resourceVersion,
    };
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    if (old.metadata.generation !== undefined) next.metadata.generation = old.metadata.generation + (same(old.spec, next.spec) ? 0 : 1);
    const finished = next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0;
    if (to.subresource === "finalize" || finished) {
      const finalizers = (next.spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
      if (finalizers.length === 0) return this.#store.remove(resourceName(to.info), next);
    }
    return same(old, next) ? old : this.#store.put(resourceName(to.info), next);
  }

  #delete(to: Route, options: { preconditions?: { uid?: string }; propagationPolicy?: string }): Live<AnyObject> {
    const old = structuredClone(this.#existing(to));
    const uid = options.preconditions?.uid;
    if (uid !== undefined && uid !== old.metadata.uid)
      throw ApiError.conflict(
        to.info,
        to.name!,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    const finalizers = new Set(old.metadata.finalizers);
    if (options.propagationPolicy === "Foreground") finalizers.add("foregroundDeletion");
    if (options.propagationPolicy === "Orphan") finalizers.add("orphan");
    const held = ((old as { spec?: { finalizers?: string[] } }).spec?.finalizers ?? []).length > 0;
    if (finalizers.size === 0 && !held) return this.#store.remove(resourceName(to.info), old);
    old.metadata.finalizers = [...finalizers];
    old.metadata.deletionTimestamp ??= rfc3339(this.#clock.nowMs());
    return this.#store.put(resourceName(to.info), old);
  }

  #deleteCollection(to: Route): TransportResponse {
    const objects = this.#store.list(resourceName(to.info), to.namespace).filter((object) => selects(to.query, object));
    for (const object of objects) this.#delete({ ...to, namespace: object.metadata.namespace, name: object.metadata.name }, {});
    return answer(200, { kind: to.info.listKind, metadata: {}, items: [] });
  }

  #watch(to: Route, signal: AbortSignal | undefined): TransportResponse {
    const queue = new BoundedQueue<Uint8Array>(10_000);
    const line = (type: string, object: unknown): void => void queue.push(Buffer.from(`${JSON.stringify({ type, object })}\n`));
    const wanted = (event: FakeEvent): boolean =>
      event.resource === resourceName(to.info) &&
      (to.namespace === undefined || event.object.metadata.namespace === to.namespace) &&
      selects(to.query, event.object);
    const from = Number(to.query.get("resourceVersion") ?? 0);
    if (to.query.get("sendInitialEvents") === "true") {
      for (const object of this.#store.list(resourceName(to.info), to.namespace)) if (selects(to.query, object)) line("ADDED", object);
      const annotations = { "k8s.io/initial-events-end": "true" };
      line("BOOKMARK", { kind: to.info.kind, metadata: { resourceVersion: String(this.#store.revision), annotations } });
    } else for (const event of this.#store.events) if (event.revision > from && wanted(event)) line(event.type, event.object);
    const stop = this.#store.onEvent((event) => {
      if (wanted(event)) line(event.type, event.object);
    });
    this.#watches.add(queue);
    signal?.addEventListener("abort", () => queue.end(new Error("aborted")), { once: true });
    return { status: 200, headers: {}, body: release(queue, stop) };
  }
}

async function* release(queue: BoundedQueue<Uint8Array>, stop: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* queue;
  } finally {
    stop();
  }
}
