// Where the machine's time meets the world's: a caller from outside lives in real time and must get an answer in it.
// Invariant: the head of every answer comes within a bound of the machine's time, also while the world's time stands still.
// Called by: world.ts, around the API server's handler. Next on the way: wire/server.ts, whose sockets keep the machine's time too.

import { ApiError } from "#api";
import type { Clock } from "#lib";
import type { HttpHandler, HttpResponse } from "#wire";

const answerMs = 65_000;

/** What waits for a timer of the world may wait for ever: then the caller is told whose clock it is. */
export function answeringInTime(handler: HttpHandler, real: Clock, withinMs = answerMs): HttpHandler {
  return (request) =>
    new Promise<HttpResponse>((resolve, reject) => {
      const late = new AbortController();
      const timer = real.after(withinMs, () => {
        const { status } = ApiError.timeout(
          `no answer within ${withinMs / 1000} s of the machine's time: the cluster's own time is moved by \`dhow clock\``,
          0,
        );
        late.abort(new Error("answered for"));
        resolve({ status: status.code ?? 504, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(status)) });
      });
      handler({ ...request, signal: AbortSignal.any([request.signal, late.signal]) })
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
}
