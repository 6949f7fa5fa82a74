// A request handed on and its answer, over real sockets of this machine; and what is said when nobody is there.
// Invariant: ports are whatever the machine gives; nothing waits for time to pass.
// Called by: node --test. Next on the way: forward.ts, dialtext.ts.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { ManualClock } from "#lib";
import { dialText } from "./dialtext.ts";
import { forward } from "./forward.ts";
import { readAll } from "./http.ts";

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe("a request handed on", () => {
  let listener: Server;
  let server: string;
  let left: () => void = () => undefined;
  before(async () => {
    listener = createServer((request, response) => {
      if (request.url === "/die") return void request.socket.destroy();
      if (request.url === "/endless") {
        response.on("close", () => left());
        return void response.write("first");
      }
      readAll(request, 1e6).then(
        (body) => {
          response.setHeader("x-host", request.headers.host ?? "");
          response.end(`${request.method} ${request.url} ${String(body)}`);
        },
        () => undefined,
      );
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    server = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  });
  after(() => {
    listener.close();
    listener.closeAllConnections();
  });

  const send = (method: string, target: string, body?: AsyncIterable<Uint8Array>, signal?: AbortSignal) =>
    forward({ server, method, target, headers: { host: "there" }, body, clock: new ManualClock(), connectTimeoutMs: 1, signal });

  for (const [method, body, want] of [
    ["GET", undefined, "GET /a?b=c "],
    ["POST", chunks("one ", "two"), "POST /a?b=c one two"],
    ["DELETE", chunks("why"), "DELETE /a?b=c why"],
    ["PUT", chunks(), "PUT /a?b=c "],
  ] as const)
    test(`${method} with its body`, async () => {
      const answer = await send(method, "/a?b=c", body);
      assert.equal((await readAll(answer.body, 1e6)).toString(), want);
      assert.equal(answer.headers["x-host"], "there");
    });

  test("letting go of the answer closes the connection", async () => {
    const closed = new Promise<void>((resolve) => {
      left = resolve;
    });
    const { body } = await send("GET", "/endless");
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      assert.equal(Buffer.from(chunk).toString(), "first");
      break;
    }
    await closed;
  });

  test("the caller's going ends it", async () => {
    const caller = new AbortController();
    caller.abort();
    await assert.rejects(send("GET", "/endless", undefined, caller.signal), /the caller has gone/);
  });

  test("what went wrong, as Go says it", async () => {
    const text = async (asking: Promise<unknown>, where: string): Promise<string> =>
      asking.then(
        () => "nothing",
        (error: unknown) => dialText(error, where),
      );
    assert.equal(await text(send("GET", "/die"), server), "EOF");
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const nobody = `http://127.0.0.1:${port}`;
    const asking = forward({ server: nobody, method: "GET", target: "/", headers: {}, clock: new ManualClock(), connectTimeoutMs: 1 });
    assert.equal(await text(asking, nobody), `dial tcp 127.0.0.1:${port}: connect: connection refused`);
    const tls = server.replace("http:", "https:");
    const hello = forward({ server: tls, method: "GET", target: "/", headers: {}, clock: new ManualClock(), connectTimeoutMs: 1 });
    assert.equal(await text(hello, tls), "tls: first record does not look like a TLS handshake");
  });

  test("a connection that does not come is given up", async () => {
    const clock = new ManualClock();
    // An address of the block for documentation: whatever the machine says to it, nobody answers.
    const asking = forward({ server: "http://192.0.2.254:9", method: "GET", target: "/", headers: {}, clock, connectTimeoutMs: 10 });
    clock.advance(10);
    await assert.rejects(asking);
  });
});
