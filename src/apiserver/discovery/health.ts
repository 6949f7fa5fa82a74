// /healthz, /livez, /readyz: is it up, should it live, may it be asked.
// Invariant: a failed check never says why to the outside (`reason withheld`); why is in the log.
// Called by: paths.ts.   Next on the way: whoever asked decides.

import type { Log } from "#lib";
import type { HttpRequest, HttpResponse } from "#wire";
import type { PathHandler } from "../stages.ts";
import { isRead, methodNotAllowed, pageNotFound, pathOf, text } from "./reply.ts";

export interface HealthCheck {
  readonly name: string;
  /** Undefined: fine. A text: what is wrong. */
  check(): string | undefined;
}

export interface HealthChecks {
  readonly livez: readonly HealthCheck[];
  /** What /readyz asks beyond /livez. */
  readonly readyz: readonly HealthCheck[];
}

export const ping: HealthCheck = { name: "ping", check: () => undefined };

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

function all(request: HttpRequest, name: string, checks: readonly HealthCheck[], log: Log): HttpResponse {
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
    const wrong = check.check();
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

function one(health: HealthCheck): HttpResponse {
  const wrong = health.check();
  return wrong === undefined ? text("ok") : text(`internal server error: ${wrong}\n`, 500);
}
