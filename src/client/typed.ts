// The typed client: verbs of one resource as functions, over any Transport.
// Invariant: JSON only; a write carries its context as headers, never inside the object; every failure is an ApiError.
// Called by: everything that talks to the cluster. Next on the way: call.ts, one request; reflector.ts, a lasting one.

import { ApiError, type DeleteOptions, findResource, joinApiVersion, resources, type ResourceInfo, type Status } from "#api";
import { assert, type Clock, type SpanContext } from "#lib";
import { Caller } from "./call.ts";
import { jsonLines } from "./lines.ts";
import type { AnyObject, ListOf, Live, New, WatchEvent, WriteContext } from "./objects.ts";
import type { Transport, TransportResponse } from "./transport.ts";

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
  readonly timeoutSeconds?: number;
  /** Asks for PartialObjectMetadata: enough for whoever follows owners and finalizers only. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
}

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;
export type PatchType = keyof typeof patchTypes;

export interface PatchOptions {
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly force?: boolean;
}

/** The verbs of one resource. A namespaced object says its namespace in its metadata or as the first argument. */
export interface ResourceClient<Kind extends AnyObject = AnyObject> {
  readonly info: ResourceInfo;
  get(namespace: string | undefined, name: string, options?: { metadataOnly?: boolean; signal?: AbortSignal }): Promise<Live<Kind>>;
  list(namespace?: string, options?: ListOptions): Promise<ListOf<Kind>>;
  /** All pages, in pages of `limit` (500). */
  listAll(namespace?: string, options?: ListOptions): Promise<ListOf<Kind>>;
  create(object: New<Kind>, context?: WriteContext): Promise<Live<Kind>>;
  /** For whoever has no use for the object as stored: its bytes are let go unparsed. */
  createUnread(object: New<Kind>, context?: WriteContext): Promise<void>;
  update(object: New<Kind> | Live<Kind>, context?: WriteContext): Promise<Live<Kind>>;
  updateStatus(object: New<Kind> | Live<Kind>, context?: WriteContext): Promise<Live<Kind>>;
  patch(
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    context?: WriteContext,
    options?: PatchOptions,
  ): Promise<Live<Kind>>;
  delete(namespace: string | undefined, name: string, options?: DeleteOptions, context?: WriteContext): Promise<Live<Kind> | Status>;
  deleteCollection(namespace: string | undefined, options?: ListOptions, body?: DeleteOptions, context?: WriteContext): Promise<void>;
  /** POST or PUT of a subresource: `binding`, `token`, `eviction`, `finalize`, `scale`. */
  subresource(
    method: "POST" | "PUT",
    namespace: string | undefined,
    name: string,
    subresource: string,
    body: unknown,
    context?: WriteContext,
  ): Promise<unknown>;
  /** Opens when first pulled; ends when the server ends it, the signal fires or the iteration is left. */
  watch(namespace?: string, options?: WatchOptions): AsyncGenerator<WatchEvent<Kind>>;
}

export interface Client {
  /** By table row, or by name: `pods`, `deployments.apps`. */
  resource<Kind extends AnyObject = AnyObject>(resource: ResourceInfo | string): ResourceClient<Kind>;
  /** A request beside the resources: `/healthz`, a node's log. */
  stream(target: string, signal?: AbortSignal): Promise<TransportResponse>;
  readonly clock: Clock;
  close(): void;
}

export interface ClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** `name/version`; the part before the slash is the field manager. */
  readonly userAgent?: string;
  readonly timeoutMs?: number;
  /** See call.ts. */
  readonly bare?: boolean;
}

export function createClient(options: ClientOptions): Client {
  const caller = new Caller(options);
  return {
    resource: <Kind extends AnyObject>(resource: ResourceInfo | string) =>
      resourceClient<Kind>(caller, typeof resource === "string" ? resourceNamed(resource) : resource),
    stream: (target, signal) => caller.stream({ method: "GET", target, accept: "*/*", signal }),
    clock: options.clock,
    close: () => options.transport.close(),
  };
}

/** `pods`, `deployments.apps`, or `deployments.v1.apps`. */
export function resourceNamed(name: string): ResourceInfo {
  const [plural = "", ...rest] = name.split(".");
  const group = rest.join(".");
  const versioned = rest.length > 1 ? findResource(rest.slice(1).join("."), rest[0]!, plural) : undefined;
  const info = versioned ?? resources.find((one) => one.resource === plural && one.group === group);
  assert(info, `no resource ${name} in the table`);
  return info;
}

export function resourcePath(info: ResourceInfo, namespace?: string, name?: string, subresource?: string): string {
  const root = info.group === "" ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const scope = info.namespaced && namespace !== undefined && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return [`${root}${scope}/${info.resource}`, ...[name, subresource].filter((part) => part !== undefined).map(encodeURIComponent)].join(
    "/",
  );
}

function query(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  return pairs.length === 0 ? "" : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join("&")}`;
}

function listQuery(options: WatchOptions, more: Record<string, boolean> = {}): string {
  const {
    labelSelector,
    fieldSelector,
    limit,
    resourceVersion,
    resourceVersionMatch,
    timeoutSeconds,
    allowWatchBookmarks,
    sendInitialEvents,
  } = options;
  const asked = { labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion, resourceVersionMatch };
  return query({ ...more, ...asked, timeoutSeconds, allowWatchBookmarks, sendInitialEvents });
}

function accept(info: ResourceInfo, metadataOnly: boolean | undefined, list: boolean): string {
  const as = list ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return metadataOnly === true ? `application/json;as=${as};g=meta.k8s.io;v=v1,application/json` : "application/json";
}

function kindOf(info: ResourceInfo): Partial<AnyObject> {
  return { kind: info.kind, apiVersion: joinApiVersion(info.group, info.version) };
}

interface RawList<Kind extends AnyObject> {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: Live<Kind>[] | null;
}

function resourceClient<Kind extends AnyObject>(caller: Caller, info: ResourceInfo): ResourceClient<Kind> {
  const path = resourcePath.bind(undefined, info);
  // Items of a list come without kind and apiVersion; the object in hand should not depend on how it was read.
  const complete = (object: Live<Kind>): Live<Kind> => ({ ...kindOf(info), ...object });
  const write = (method: string, target: string, body: unknown, context: WriteContext | undefined, contentType = "application/json") =>
    caller.json({ method, target, body, contentType, context }) as Promise<Live<Kind>>;
  const put = (object: New<Kind> | Live<Kind>, subresource: string | undefined, context: WriteContext | undefined): Promise<Live<Kind>> => {
    const whole = complete(object as Live<Kind>);
    return write("PUT", path(whole.metadata.namespace, whole.metadata.name, subresource), whole, context);
  };
  const list = async (namespace?: string, options: ListOptions = {}): Promise<ListOf<Kind>> => {
    const target = path(namespace) + listQuery(options);
    const raw = (await caller.json({
      method: "GET",
      target,
      accept: accept(info, options.metadataOnly, true),
      signal: options.signal,
    })) as RawList<Kind>;
    const next = raw.metadata?.continue;
    return {
      items: (raw.items ?? []).map(complete),
      resourceVersion: raw.metadata?.resourceVersion ?? "",
      ...(next ? { continue: next } : {}),
    };
  };
  return {
    info,
    list,
    get: (namespace, name, options) =>
      caller.json({
        method: "GET",
        target: path(namespace, name),
        accept: accept(info, options?.metadataOnly, false),
        signal: options?.signal,
      }) as Promise<Live<Kind>>,
    async listAll(namespace, options = {}) {
      let page = await list(namespace, { limit: 500, ...options });
      const items = [...page.items];
      while (page.continue !== undefined) {
        const { resourceVersion: _, resourceVersionMatch: __, ...rest } = options;
        page = await list(namespace, { limit: 500, ...rest, continue: page.continue });
        items.push(...page.items);
      }
      return { items, resourceVersion: page.resourceVersion };
    },
    create: (object, context) => {
      const whole = complete(object as unknown as Live<Kind>);
      return write("POST", path(whole.metadata.namespace), whole, context);
    },
    async createUnread(object, context) {
      const whole = complete(object as unknown as Live<Kind>);
      await caller.unread({ method: "POST", target: path(whole.metadata.namespace), body: whole, context });
    },
    update: (object, context) => put(object, undefined, context),
    updateStatus: (object, context) => put(object, "status", context),
    patch: (namespace, name, type, patch, context, options = {}) =>
      write(
        "PATCH",
        path(namespace, name, options.subresource) + query({ fieldManager: options.fieldManager, force: options.force }),
        patch,
        context,
        patchTypes[type],
      ),
    delete: (namespace, name, options, context) =>
      write("DELETE", path(namespace, name), options && { kind: "DeleteOptions", apiVersion: "v1", ...options }, context),
    async deleteCollection(namespace, options = {}, body, context) {
      await write("DELETE", path(namespace) + listQuery(options), body && { kind: "DeleteOptions", apiVersion: "v1", ...body }, context);
    },
    subresource: (method, namespace, name, subresource, body, context) => write(method, path(namespace, name, subresource), body, context),
    watch: (namespace, options = {}) => watch<Kind>(caller, info, path(namespace), options),
  };
}

const watchExtras = "causes, bare";

async function* watch<Kind extends AnyObject>(
  caller: Caller,
  info: ResourceInfo,
  target: string,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<Kind>> {
  const response = await caller.stream({
    method: "GET",
    target: target + listQuery(options, { watch: true }),
    accept: accept(info, options.metadataOnly, false),
    // Our own API server then says under which trace each revision was written, and leaves out who owns which field; others ignore the header.
    headers: { "dhow-watch": watchExtras },
    signal: options.signal,
  });
  for await (const line of jsonLines(response.body, response.parseLine)) {
    const event = line as { type: WatchEvent<Kind>["type"]; object: Live<Kind>; cause?: SpanContext };
    if (event.type === "ERROR") throw new ApiError(event.object as unknown as Status);
    yield event;
  }
}
