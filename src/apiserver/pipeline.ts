// The way of a request, one stage after the other: route → authenticate → authorize → negotiate → registry (admit, store) or path handler.
// Invariant: every request gets exactly one answer; what nobody expected is a 500 with an id that stands in the log, and ends nothing else.
// Called by: wire/server.ts (sockets) and compose (in process), both with the same HttpRequest. Next on the way: route.ts.

import { ApiError, type ResourceInfo, resources } from "#api";
import { AssertionFailed, type MetricLabels, Pacer, type SpanSink, uuid } from "#lib";
import { type HttpHandler, type HttpRequest, type HttpResponse, header } from "#wire";
import { Negotiated, wantsPretty } from "./accept.ts";
import type { Call, Core, Part } from "./call.ts";
import { causeOf, type RequestCause } from "./cause.ts";
import { forbidden } from "./forbidden.ts";
import { errorForm, type Form, pageNotFound, withHeaders } from "./form.ts";
import { Gate, type GateLimits } from "./gate.ts";
import { errorResponse } from "./output.ts";
import { checkPath, dispatch } from "./registry/registry.ts";
import { expectedFailure } from "./registry/storeerrors.ts";
import { targetOf } from "./registry/write.ts";
import { isTrue, type RequestInfo, route } from "./route.ts";
import type { Attributes, Authenticator, Authorizer, PathHandler, UserInfo } from "./stages.ts";
import { withYaml } from "./yaml.ts";

export interface PipelineParts {
  readonly core: Core;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly paths: PathHandler;
  readonly spans: SpanSink;
  readonly limits: PipelineLimits;
}

export interface PipelineLimits {
  readonly reads: GateLimits;
  readonly writes: GateLimits;
  /** Of those who may do everything, and of leader elections: they never wait, for somebody must be able to help. */
  readonly masters: GateLimits;
  readonly timeoutMs: number;
}

export const defaultPipelineLimits: PipelineLimits = {
  reads: { inFlight: 400, waitingPerUser: 1000, waiting: 10_000 },
  writes: { inFlight: 200, waitingPerUser: 1000, waiting: 10_000 },
  masters: { inFlight: 400, waitingPerUser: 0, waiting: 0 },
  timeoutMs: 60_000,
};

const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #gates: Readonly<Record<"reads" | "writes" | "masters", Gate>>;
  readonly #requests;
  readonly #durations;
  /** By group, version and name; a request is looked up here rather than through the whole table. */
  readonly #resources = new Map(resources.map((one) => [`${one.group}/${one.version}/${one.resource}`, one]));
  /** The labels of each series there is: as many as verbs, resources and codes. */
  readonly #labels = new Map<string, MetricLabels>();
  readonly #accepted = new Negotiated();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const { metrics, clock } = parts.core;
    const pacer = new Pacer(clock);
    const gate = (limits: GateLimits): Gate => new Gate(limits, () => pacer.turn());
    this.#gates = { reads: gate(parts.limits.reads), writes: gate(parts.limits.writes), masters: gate(parts.limits.masters) };
    this.#requests = metrics.counter("apiserver_request_total", "Requests by verb, resource and code");
    const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    this.#durations = metrics.histogram("apiserver_request_duration_seconds", "Time to the answer's head, by verb", buckets);
  }

  /** Who asks is found out by the authenticator. */
  readonly handler: HttpHandler = (request) =>
    this.#answer(request, async () => (await this.#parts.authenticator.authenticate(request)) ?? anonymous);

  /** For callers inside this process: no header can say who they are, only the holder of this function. */
  handlerFor(user: UserInfo): HttpHandler {
    return (request) => this.#answer(request, () => Promise.resolve(user));
  }

  async #answer(request: HttpRequest, authenticate: () => Promise<UserInfo>): Promise<HttpResponse> {
    const { core } = this.#parts;
    const startedMs = core.clock.monotonicMs();
    const info = route(request.method, request.target);
    const warnings = new Set<string>();
    const auditId = header(request.headers, "audit-id") ?? uuid(core.prng);
    const form: Form = { representation: undefined };
    let response: HttpResponse;
    try {
      const run = (late: () => boolean): Promise<HttpResponse> =>
        authenticate().then((user) => this.#gated(request, info, user, late, () => this.#run(request, info, user, warnings, form)));
      response = await this.#bounded(info, run);
    } catch (error) {
      form.representation ??= errorForm(request, info);
      response = errorResponse(this.#failure(error, request, auditId), form.representation);
    }
    if ((form.representation ??= errorForm(request, info)).media === "yaml") response = withYaml(response);
    this.#observe(info, response.status, startedMs);
    return withHeaders(response, auditId, warnings);
  }

  /** Whatever is not meant to last is not waited for longer than the limit. */
  #bounded(info: RequestInfo, run: (late: () => boolean) => Promise<HttpResponse>): Promise<HttpResponse> {
    const { limits, core } = this.#parts;
    if (isLong(info)) return run(() => false);
    let late = false;
    return new Promise((resolve, reject) => {
      const text = `request did not complete within requested timeout - context deadline exceeded`;
      const timer = core.clock.after(limits.timeoutMs, () => {
        late = true;
        reject(ApiError.timeout(text, 0));
      });
      const settle = (finish: () => void): void => {
        timer.cancel();
        finish();
      };
      run(() => late).then(
        (response) => settle(() => resolve(response)),
        (error: unknown) => settle(() => reject(error as Error)),
      );
    });
  }

  /** Many at once wait for their turn, too many are sent away. */
  async #gated(
    request: HttpRequest,
    info: RequestInfo,
    user: UserInfo,
    late: () => boolean,
    run: () => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    if (isLong(info)) return run();
    const kind = info.verb === "get" || info.verb === "list" ? "reads" : "writes";
    // A leader that waits in line for its lease is soon no leader.
    const election = info.resource === "leases" && info.namespace === "kube-system";
    const gate = this.#gates[election || user.groups.includes("system:masters") ? "masters" : kind];
    await gate.enter(user.name, () => late() || request.signal.aborted);
    try {
      return await run();
    } finally {
      gate.leave();
    }
  }

  async #run(request: HttpRequest, info: RequestInfo, user: UserInfo, warnings: Set<string>, form: Form): Promise<HttpResponse> {
    const { authorizer, paths, core } = this.#parts;
    const attributes = attributesOf(info, user);
    const { allowed, reason } = await authorizer.authorize(attributes);
    if (!allowed) throw forbidden(attributes, reason);
    const context = { user, attributes, query: info.query, warn: (text: string) => void warnings.add(text) };
    const resource = info.isResourceRequest ? this.#resourceOf(info) : undefined;
    if (!resource) {
      const served = info.isResourceRequest && resources.some((one) => one.group === info.apiGroup);
      if (served) throw ApiError.unknownResource();
      return (await paths.handle(request, context)) ?? pageNotFound;
    }
    const found = checkPath(info, resource);
    const pretty = wantsPretty(info.query, header(request.headers, "user-agent") ?? "");
    const accept = header(request.headers, "accept");
    const representation = this.#accepted.of(accept, info.verb === "watch", pretty && info.verb !== "watch");
    form.representation = representation;
    const { cause, parent } = reads.has(info.verb) ? noCause(user.name) : causeOf(request, user.name, core.store, core.prng);
    const { warn } = context;
    const authorizeAs = async (verb: string): Promise<void> => {
      const also = { ...attributes, verb };
      const verdict = await authorizer.authorize(also);
      if (!verdict.allowed) throw forbidden(also, verdict.reason);
    };
    const call: Call = { core, info, request, user, context, cause, warn, authorizeAs, representation, ...found, written: undefined };
    const startMs = core.clock.nowMs();
    const response = await dispatch(call);
    if (call.written) this.#record(call, parent?.spanId, startMs);
    return response;
  }

  /** The request's own span, and below it one for each object where it wrote several. */
  #record(call: Call, parentSpanId: string | undefined, startMs: number): void {
    const { cause, parts } = call;
    const endMs = call.core.clock.nowMs();
    // Of several objects none is the request's.
    const written = parts ? { ...call.written!, key: targetOf(call, "").key } : call.written!;
    this.#recordPart(call, { cause, written, startMs, endMs }, parentSpanId);
    for (const part of parts ?? []) this.#recordPart(call, part, cause.spanId);
  }

  #recordPart(call: Call, { cause, written, startMs, endMs }: Part, parentSpanId: string | undefined): void {
    const { traceId, spanId, user, causes } = cause;
    const subresource = call.info.subresource === "" ? "" : `/${call.info.subresource}`;
    this.#parts.spans.record({
      traceId,
      spanId,
      name: `${call.request.method} ${call.resource.resource}${subresource}`,
      component: "apiserver",
      ...(parentSpanId !== undefined && { parentSpanId }),
      startMs,
      endMs,
      attributes: { user, key: written.key, revision: written.revision, causes },
    });
  }

  #failure(error: unknown, request: HttpRequest, auditId: string): ApiError {
    const expected = expectedFailure(error);
    if (expected) return expected;
    if (request.signal.aborted) return ApiError.of(499, "", "the caller has gone");
    const id = auditId.slice(0, 8);
    const { log } = this.#parts.core;
    const what = error instanceof AssertionFailed ? "assertion failed" : "request failed";
    log.error(what, { id, method: request.method, target: request.target, error });
    return ApiError.internal(`the server failed on this request; its log names it as ${id}`);
  }

  #resourceOf({ apiGroup, apiVersion, resource }: RequestInfo): ResourceInfo | undefined {
    return this.#resources.get(`${apiGroup}/${apiVersion}/${resource}`);
  }

  #observe(info: RequestInfo, code: number, startedMs: number): void {
    const { clock } = this.#parts.core;
    // A path that nobody serves must not make a series of its own.
    const resource = this.#resourceOf(info) ? info.resource : "";
    const verb = info.isResourceRequest && resource !== "" ? info.verb.toUpperCase() : "OTHER";
    this.#requests.add(this.#labelled(`${verb} ${resource} ${code}`, () => ({ verb, resource, code: String(code) })));
    if (isLong(info)) return;
    this.#durations.observe(
      (clock.monotonicMs() - startedMs) / 1000,
      this.#labelled(verb, () => ({ verb })),
    );
  }

  #labelled(key: string, make: () => MetricLabels): MetricLabels {
    let labels = this.#labels.get(key);
    if (labels === undefined) this.#labels.set(key, (labels = Object.freeze(make())));
    return labels;
  }
}

/** They write nothing, so nobody asks why. */
const reads: ReadonlySet<string> = new Set(["get", "list", "watch"]);

function noCause(user: string): RequestCause {
  return { cause: { user, traceId: "", spanId: "", causes: [] }, parent: undefined };
}

function isLong({ verb, subresource, query }: RequestInfo): boolean {
  if (verb === "watch") return true;
  if (subresource === "") return false;
  if (["proxy", "exec", "attach", "portforward"].includes(subresource)) return true;
  return subresource === "log" && isTrue(query, "follow");
}

function attributesOf(info: RequestInfo, user: UserInfo): Attributes {
  const { isResourceRequest, verb, apiGroup, apiVersion, resource, subresource, namespace, name, path, query } = info;
  return {
    user,
    isResourceRequest,
    verb,
    apiGroup,
    apiVersion,
    resource,
    subresource,
    namespace,
    name,
    path,
    fieldSelector: query.get("fieldSelector") ?? undefined,
    labelSelector: query.get("labelSelector") ?? undefined,
  };
}
