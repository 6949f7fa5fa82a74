// Everything that is no resource, in one handler: version, health, metrics, discovery, OpenAPI, token keys, and the list of paths.
// Invariant: the first handler that knows a path answers it; only GET and HEAD exist here.
// Called by: the pipeline, after authorization.   Next on the way: handler.ts, health.ts, openapi.ts.

import { groupVersions } from "#api";
import type { Log, MetricRegistry } from "#lib";
import type { HttpRequest, HttpResponse } from "#wire";
import { authorityOf, bytes, isRead, json, methodNotAllowed, pathOf } from "./reply.ts";
import { jsonWebKeys, type VerifyingKey } from "../authn/jwt.ts";
import type { PathHandler } from "../stages.ts";
import { createDiscovery } from "./handler.ts";
import { createHealth, type HealthChecks } from "./health.ts";
import { createOpenapi } from "./openapi.ts";
import type { VersionInfo } from "./version.ts";

export interface PathParts {
  /** Host and port under which clients reach the server; by default what each of them used. */
  readonly serverAddress?: string | undefined;
  readonly version: VersionInfo;
  readonly checks: HealthChecks;
  readonly metrics: MetricRegistry;
  readonly log: Log;
  readonly issuer: string;
  readonly tokenKeys: readonly VerifyingKey[];
}

export function createPaths(parts: PathParts): PathHandler {
  const handlers = [createDiscovery(parts), createHealth(parts), createOpenapi(parts.version.gitVersion), createSmallPaths(parts)];
  return {
    async handle(request, context) {
      for (const handler of handlers) {
        const response = await handler.handle(request, context);
        if (response) return request.method === "HEAD" ? { ...response, body: undefined } : response;
      }
      return undefined;
    },
  };
}

function createSmallPaths({ serverAddress, version, checks, metrics, issuer, tokenKeys }: PathParts): PathHandler {
  const cacheable = { "cache-control": "public, max-age=3600" };
  const answers: Readonly<Record<string, (request: HttpRequest) => HttpResponse>> = {
    "/": () => json({ paths: rootPaths(checks) }),
    "/version": () => json(version),
    "/metrics": () => bytes(Buffer.from(metrics.text()), "text/plain; version=0.0.4; charset=utf-8"),
    "/openid/v1/jwks": () => bytes(Buffer.from(JSON.stringify(jsonWebKeys(tokenKeys))), "application/jwk-set+json", 200, cacheable),
    "/.well-known/openid-configuration": (request) =>
      json(
        {
          issuer,
          jwks_uri: `https://${serverAddress ?? authorityOf(request)}/openid/v1/jwks`,
          response_types_supported: ["id_token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: [...new Set(tokenKeys.map((key) => key.algorithm))].sort(),
        },
        200,
        cacheable,
      ),
  };
  return {
    async handle(request) {
      const path = pathOf(request.target);
      const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
      if (!answer) return undefined;
      return isRead(request.method) ? answer(request) : methodNotAllowed();
    },
  };
}

function rootPaths(checks: HealthChecks): string[] {
  const paths = ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/healthz", "/livez", "/metrics"];
  paths.push("/openapi/v2", "/openapi/v3", "/openapi/v3/", "/openid/v1/jwks", "/readyz", "/version");
  for (const { group, version } of groupVersions()) if (group !== "") paths.push(`/apis/${group}`, `/apis/${group}/${version}`);
  for (const { name } of checks.livez) paths.push(`/healthz/${name}`, `/livez/${name}`, `/readyz/${name}`);
  for (const { name } of checks.readyz) paths.push(`/readyz/${name}`);
  return [...new Set(paths)].sort();
}
