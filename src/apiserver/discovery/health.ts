// /healthz, /livez, /readyz: is it up, should it live, may it be asked.
// Invariant: a failed check never says why to the outside (`reason withheld`); why is in the log.
// Called by: paths.ts.   Next on the way: whoever asked decides.

import type { Clock, Log } from "#lib";
import type { Store } from "#store";
import type { HttpRequest, HttpResponse } from "#wire";
import type { PathHandler } from "../stages.ts";
import { isRead, methodNotAllowed, pageNotFound, pathOf, text } from "./reply.ts";

export interface HealthCheck {
  readonly name: string;
  /** Undefined: fine. A text: what is wrong. */
  check(): string | undefined | Promise<string | undefined>;
}

export interface HealthChecks {
  readonly livez: readonly HealthCheck[];
  /** What /readyz asks beyond /livez. */
  readonly readyz: readonly HealthCheck[];
}

const storeTimeoutMs = 2000;

export const ping: HealthCheck = { name: "ping", check: () => undefined };

/** The store answers a consistent read within two seconds; named as upstream names it, whatever the store is. */
export function storeCheck(name: string, store: Store, clock: Clock): HealthCheck {
  return {
    name,
    async check() {
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const timer = clock.after(storeTimeoutMs, () => resolve("the store does not answer"));
      store.linearizableRevision().then(
        () => resolve(undefined),
        (error: unknown) => resolve(`the store failed: ${error instanceof Error ? error.message : String(error)}`),
      );
      const wrong = await promise;
      timer.cancel();
      return wrong;
    },
  };
}

export function createHealth({ checks, log }: { readonly checks: HealthChecks; readonly log: Log }): PathHandler {
  const groups: ReadonlyMap<string, readonly HealthCheck[]> = new Map([
    ["healthz", checks.livez],
    ["livez", checks.livez],
    ["readyz", [...checks.livez, ...checks.readyz]],
  ]);
  return {
    async handle(request) {
      const [, name = "", ...rest] = pathOf(request.target).split("/");
      const group = groups.get(name);
      if (!group) return undefined;
      if (!isRead(request.method)) return methodNotAllowed();
      if (rest.length === 0) return all(request, name, group, log);
      const single = group.find((one) => one.name === rest.join("/"));
      return single ? one(single) : pageNotFound();
    },
  };
}

async function all(request: HttpRequest, name: string, checks: readonly HealthCheck[], log: Log): Promise<HttpResponse> {
  const query = new URL(request.target, "http://health").searchParams;
  const excluded = new Set(query.getAll("exclude"));
  const unmatched = new Set(excluded);
  const lines: string[] = [];
  let failed = false;
  for (const check of checks) {
    const checkName = check.name;
    unmatched.delete(checkName);
    if (excluded.has(checkName)) {
      lines.push(`[+]${checkName} excluded: ok`);
      continue;
    }
    const wrong = await check.check();
    lines.push(wrong === undefined ? `[+]${checkName} ok` : `[-]${checkName} failed: reason withheld`);
    if (wrong === undefined) continue;
    failed = true;
    log.warn("health check failed", { group: name, check: checkName, reason: wrong });
  }
  if (unmatched.size > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${quoted([...unmatched].sort())}`);
  if (failed) return text(`${lines.join("\n")}\n${name} check failed\n`, 500);
  return text(query.has("verbose") ? `${lines.join("\n")}\n${name} check passed\n` : "ok");
}

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(",");

async function one(health: HealthCheck): Promise<HttpResponse> {
  const wrong = await health.check();
  return wrong === undefined ? text("ok") : text(`internal server error: ${wrong}\n`, 500);
}
