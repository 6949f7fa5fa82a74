// Plain-text answers, the form of every refusal of the kubelet's API.
// Invariant: the text goes to people as it is: kubectl prints it.
// Called by: handler.ts, logs.ts. Next on the way: wire's server.

import type { HttpResponse } from "#wire";

export function text(status: number, message: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: Buffer.from(message) };
}
