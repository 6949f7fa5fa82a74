// What etcd answers over plain HTTP on its client address: health, version, metrics.
// Invariant: nothing here needs a right, and nothing here shows a key.
// Called by: serve.ts. Next on the way: face.ts.

import type { MetricRegistry } from "#lib";
import type { HttpHandler, HttpResponse } from "#wire";
import type { Etcd } from "./etcd.ts";
import { linearizable } from "./served.ts";

const plain = (status: number, text: string, type = "text/plain; charset=utf-8"): HttpResponse => ({
  status,
  headers: { "content-type": type },
  body: Buffer.from(text),
});

const json = (status: number, value: object): HttpResponse => plain(status, `${JSON.stringify(value)}`, "application/json");

export function etcdHttp(etcd: Etcd, metrics: MetricRegistry): HttpHandler {
  const pages: Readonly<Record<string, (query: URLSearchParams) => HttpResponse | Promise<HttpResponse>>> = {
    "/health": async (query) => {
      const [alarm] = etcd.store.state.alarms.up;
      if (etcd.store.failure) return json(503, { health: "false", reason: "STORE FAILED" });
      if (!etcd.cluster.leader) return json(503, { health: "false", reason: "RAFT NO LEADER" });
      // As etcd: a member is well when it can answer a linearizable read.
      const fresh = query.get("serializable") === "true" ? undefined : linearizable(etcd);
      const failed = await fresh?.then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (failed !== undefined) return json(503, { health: "false", reason: `RANGE ERROR:${failed}` });
      return alarm ? json(503, { health: "false", reason: "ALARM NOSPACE" }) : json(200, { health: "true", reason: "" });
    },
    "/version": () => json(200, { etcdserver: etcd.version, etcdcluster: `${etcd.version.split(".").slice(0, 2).join(".")}.0` }),
    "/metrics": () => plain(200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8"),
  };
  return async ({ method, target }) => {
    const [path = "", query] = target.split("?", 2);
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (!page) return plain(404, "404 page not found\n");
    if (method !== "GET") return plain(405, "Method Not Allowed\n");
    return page(new URLSearchParams(query));
  };
}
