// One request that has passed authorization, with everything a verb needs to answer it.
// Invariant: made once by pipeline.ts; only `written`, `parts` and the warnings change on the way.
// Called by: registry/ verbs and subresources. Next on the way: registry/registry.ts.

import type { ResourceInfo, SubresourceInfo } from "#api";
import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import type { Cause, Revision, Store } from "#store";
import type { HttpRequest } from "#wire";
import type { Representation } from "./accept.ts";
import type { ServiceAllocator } from "./allocation/services.ts";
import type { AdmissionStep } from "./admission/step.ts";
import type { WatchCache } from "./cache/cache.ts";
import type { EventLeases } from "./registry/leases.ts";
import type { RequestInfo } from "./route.ts";
import type { Authorizer, NodeProxy, ObjectReader, Outbound, RequestContext, TokenIssuer, UserInfo, VirtualResource } from "./stages.ts";

/** One write of a request. */
export interface Written {
  readonly key: string;
  readonly revision: Revision;
}

/** One of several writes of a request, with a span of its own below the request's. */
export interface Part {
  readonly cause: Cause;
  readonly written: Written;
  readonly startMs: number;
  readonly endMs: number;
}

/** What the whole server shares. */
export interface Core {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** For questions beyond the one that the pipeline has asked already. */
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionStep[];
  readonly virtual: readonly VirtualResource[];
  readonly leases: EventLeases;
  readonly services: ServiceAllocator;
  readonly tokenIssuer: TokenIssuer | undefined;
  readonly nodeProxy: NodeProxy | undefined;
  readonly outbound: Outbound | undefined;
}

export interface Call {
  readonly core: Core;
  readonly info: RequestInfo;
  readonly resource: ResourceInfo;
  readonly subresource: SubresourceInfo | undefined;
  readonly request: HttpRequest;
  readonly user: UserInfo;
  readonly context: RequestContext;
  readonly representation: Representation;
  readonly cause: Cause;
  readonly warn: (text: string) => void;
  /** For writes that turn out to be another verb as well (a PUT that creates): throws 403 if the caller may not. */
  readonly authorizeAs: (verb: string) => Promise<void>;
  /** What this request wrote, for its span; of several the last. */
  written: Written | undefined;
  /** Only for who writes more than one object. */
  parts?: Part[];
}
