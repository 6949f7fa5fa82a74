// What stands around an answer: the form in which a refusal is told, the headers that every answer has, the page that is not there.
// Invariant: a header says nothing that a header cannot hold.
// Called by: pipeline.ts. Next on the way: the socket.

import { type HttpRequest, header, type HttpResponse } from "#wire";
import { negotiate, plainJson, type Representation, wantsPretty } from "./accept.ts";
import type { RequestInfo } from "./route.ts";

/** What the answer will look like, as soon as that is known. */
export interface Form {
  representation: Representation | undefined;
}

/** A refusal comes in the form that the answer would have had, as far as that can be told. */
export function errorForm(request: HttpRequest, info: RequestInfo): Representation {
  const accept = header(request.headers, "accept");
  const pretty = wantsPretty(info.query, header(request.headers, "user-agent") ?? "");
  try {
    return { ...negotiate({ accept, stream: false, pretty }), view: "object" };
  } catch {
    // Nobody knows what such a caller reads; people do.
    return { ...plainJson, pretty: true };
  }
}

export const pageNotFound: HttpResponse = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: Buffer.from("404 page not found\n"),
};

export function withHeaders(response: HttpResponse, auditId: string, warnings: ReadonlySet<string>): HttpResponse {
  const headers: Record<string, string | readonly string[] | undefined> = { ...response.headers, "audit-id": auditId };
  if (warnings.size > 0) headers["warning"] = [...warnings].map((text) => `299 - ${quoted(text)}`);
  return { ...response, headers };
}

/** A quoted string of a header: no line breaks, nothing beyond ASCII. */
function quoted(text: string): string {
  const safe = text.replace(/[^\x20-\x7e]/g, "?");
  return `"${safe.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
