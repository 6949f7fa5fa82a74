// The transport without a socket against a handler: bytes there and back, batches, giving up.
// Invariant shown: a handler never runs in the caller's own macrotask, and a caller who goes ends the pull.

import assert from "node:assert/strict";
import { test } from "node:test";
import { macrotask, ManualClock, systemClock } from "#lib";
import { type HttpHandler, readAll } from "#wire";
import { inProcess } from "./in-process.ts";

const echo: HttpHandler = async (request) => ({
  status: 200,
  headers: { "x-agent": request.headers["user-agent"] },
  body: Buffer.concat([Buffer.from(`${request.method} ${request.target} `), await readAll(request.body, 100)]),
});

test("a request is the same bytes, handed over in the next macrotask", async () => {
  let ran = 0;
  // A slice that is never spent: on a busy machine the second one would wait for the next.
  const transport = inProcess(new ManualClock()).transportFor((request) => {
    ran += 1;
    return echo(request);
  }, "part/1");
  const pending = [1, 2].map((n) => transport.request({ method: "PUT", target: `/${n}`, body: Buffer.from("x") }));
  await Promise.resolve();
  assert.equal(ran, 0);
  await macrotask();
  assert.equal(ran, 2);
  const [first, second] = await Promise.all(pending);
  assert.equal((await readAll(first!.body, 100)).toString(), "PUT /1 x");
  assert.equal(second!.headers["x-agent"], "part/1");
});

test("giving up ends a stream that waits for ever, and closing ends all", async () => {
  let returned = 0;
  const waiting: HttpHandler = () =>
    Promise.resolve({
      status: 200,
      headers: {},
      body: {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => undefined),
          return: () => {
            returned += 1;
            return Promise.resolve({ done: true, value: undefined });
          },
        }),
      },
    });
  const transport = inProcess(systemClock()).transportFor(waiting, "x");
  const caller = new AbortController();
  const response = await transport.request({ method: "GET", target: "/", signal: caller.signal });
  const pull = readAll(response.body, 100);
  caller.abort(new Error("enough"));
  await assert.rejects(pull, /enough/);
  const other = await transport.request({ method: "GET", target: "/" });
  const pullOther = readAll(other.body, 100);
  transport.close();
  await assert.rejects(pullOther, /closed/);
  assert.equal(returned, 2);
  await assert.rejects(transport.request({ method: "GET", target: "/" }), /closed/);
});
