// The door of apiserver/: builds the pipeline from its stages and starts what it needs.
// Invariant: `handler` and `handlerFor` lead through the same stages; `ready` resolves when every list, watch and rule can be served.
// Called by: compose/. Next on the way: pipeline.ts.

import { resources } from "#api";
import { type Clock, type Log, type MetricRegistry, newSpanContext, type Prng, type SpanSink } from "#lib";
import { revision as toRevision, type Store } from "#store";
import type { HttpHandler } from "#wire";
import { AddressPool } from "./allocation/addresses.ts";
import { PortPool } from "./allocation/ports.ts";
import { repairAllocations } from "./allocation/repair.ts";
import { serviceAllocator } from "./allocation/services.ts";
import { admissionSteps } from "./admission/index.ts";
import { createAuthenticator } from "./authn/authenticator.ts";
import { signingKey } from "./authn/jwt.ts";
import { createTokenAuthenticator } from "./authn/serviceAccount.ts";
import { createTokenIssuer } from "./authn/tokenIssuer.ts";
import { createAuthorizer } from "./authz/authorizer.ts";
import { followAuthorization, newAuthorizerParts } from "./authz/follow.ts";
import { createReviews } from "./authz/reviews.ts";
import { ensureBootstrap } from "./bootstrap/ensure.ts";
import { handlerWriter } from "./bootstrap/writer.ts";
import { WatchCache } from "./cache/cache.ts";
import type { CacheLimits } from "./cache/resource.ts";
import type { Core } from "./call.ts";
import { type HealthCheck, ping, storeCheck } from "./discovery/health.ts";
import { createPaths } from "./discovery/paths.ts";
import { versionInfo } from "./discovery/version.ts";
import { defaultPipelineLimits, Pipeline, type PipelineLimits } from "./pipeline.ts";
import { cacheReader } from "./reader.ts";
import { EventLeases } from "./registry/leases.ts";
import type { NodeProxy, Outbound, UserInfo } from "./stages.ts";

export type { Attributes, Authenticator, Authorizer, NodeProxy, ObjectReader, Outbound, OutboundRequest, UserInfo } from "./stages.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly spans: SpanSink;
  /** PEM of the private key that signs service-account tokens. */
  readonly serviceAccountKey: string;
  /** PEM of the authority that signs client certificates; published for others to read. */
  readonly clientCa: string;
  /** As /version tells it. */
  readonly version: string;
  /** Host and port under which clients reach the server, as discovery tells them. */
  readonly serverAddress?: string;
  readonly securePort?: number;
  /** The address at which pods and nodes reach the server, if it is no loopback one. */
  readonly advertiseAddress?: string;
  readonly serviceClusterIpRange?: string;
  readonly issuer?: string;
  readonly nodeProxy?: NodeProxy;
  readonly outbound?: Outbound;
  readonly limits?: Partial<PipelineLimits>;
  readonly cacheLimits?: Partial<CacheLimits>;
}

export interface ApiServer {
  /** Requests from outside: who asks is found out. */
  readonly handler: HttpHandler;
  /** Requests from inside this process, by a caller that compose/ vouches for. */
  handlerFor(user: UserInfo): HttpHandler;
  /** Caches filled, rules known, first objects written. Rejects if that fails. */
  readonly ready: Promise<void>;
  close(): void;
}

const defaultIssuer = "https://kubernetes.default.svc.cluster.local";
const defaultPort = 6443;
const defaultServiceRange = "10.96.0.0/16";
const compactMs = 5 * 60_000;
const self: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, clock, prng, log, metrics } = options;
  const cache = new WatchCache({ store, clock, log, metrics, resources, ...(options.cacheLimits && { limits: options.cacheLimits }) });
  const reader = cacheReader(cache, store, log);
  const rules = newAuthorizerParts();
  const authorizer = createAuthorizer(rules);
  const key = signingKey(options.serviceAccountKey);
  const issuer = options.issuer ?? defaultIssuer;
  const tokens = createTokenAuthenticator({ clock, issuer, audiences: [issuer], keys: [key], reader });
  const state = { ready: false };
  const range = options.serviceClusterIpRange ?? defaultServiceRange;
  const isTaken = (key: string): boolean => cache.holds(key);
  const addresses = new AddressPool({ store, clock, prng, range, isTaken });
  const ports = new PortPool(store, prng);
  const core: Core = {
    store,
    cache,
    reader,
    clock,
    prng,
    log,
    metrics,
    authorizer,
    admission: admissionSteps({ prng, clock, store, authorizer: rules }),
    virtual: createReviews({ authorizer: rules, tokens, clock }),
    leases: new EventLeases(store, clock),
    services: serviceAllocator(addresses, ports),
    tokenIssuer: createTokenIssuer({ clock, prng, issuer, audiences: [issuer], key, reader }),
    nodeProxy: options.nodeProxy,
    outbound: options.outbound,
  };
  const pipeline = new Pipeline({
    core,
    authenticator: createAuthenticator({ tokens, authorizer }),
    authorizer,
    paths: createPaths({
      serverAddress: options.serverAddress ?? `127.0.0.1:${options.securePort ?? defaultPort}`,
      version: versionInfo({ gitVersion: options.version, nodeVersion: process.version, machine: process.arch }),
      checks: {
        livez: [ping, storeCheck("etcd", store, clock)],
        readyz: [storeCheck("etcd-readiness", store, clock), startup(state)],
      },
      metrics,
      log,
      issuer,
      tokenKeys: [key],
    }),
    spans: options.spans,
    limits: { ...defaultPipelineLimits, ...options.limits },
  });
  const closing = new AbortController();
  const start = async (): Promise<void> => {
    await cache.start();
    await followAuthorization(reader, rules);
    const cause = { user: self.name, ...newSpanContext(prng), causes: [] };
    await repairAllocations({ addresses, ports, services: await reader.list("", "services"), cause, log });
    const { created, updated } = await ensureBootstrap(handlerWriter(pipeline.handlerFor(self), closing.signal), {
      serviceClusterIpRange: range,
      securePort: options.securePort ?? defaultPort,
      clientCa: options.clientCa,
      ...(options.advertiseAddress !== undefined && { advertiseAddress: options.advertiseAddress }),
    });
    if (created + updated > 0) log.info("first objects are written", { created, updated });
    state.ready = true;
  };
  const compaction = compactPeriodically(store, clock, log);
  const ready = start();
  // Whoever awaits `ready` sees the failure; nobody else has to.
  ready.catch((error: unknown) => log.error("the API server did not become ready", { error }));
  return {
    handler: pipeline.handler,
    handlerFor: (user) => pipeline.handlerFor(user),
    ready,
    close() {
      closing.abort();
      compaction.cancel();
      cache.close();
    },
  };
}

function startup(state: { readonly ready: boolean }): HealthCheck {
  return { name: "poststarthook/start-apiserver", check: () => (state.ready ? undefined : "caches are being filled") };
}

/** Forgets what was history already at the round before: five to ten minutes stay readable. */
function compactPeriodically(store: Store, clock: Clock, log: Log): { cancel(): void } {
  let seen = toRevision(0);
  let timer = clock.after(compactMs, function round() {
    const upTo = seen;
    seen = store.status().revision;
    timer = clock.after(compactMs, round);
    if (upTo > 0) store.compact(upTo).catch((error: unknown) => log.warn("compaction failed", { revision: upTo, error }));
  });
  return { cancel: () => timer.cancel() };
}
