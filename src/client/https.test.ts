// The server and the HTTPS transport against each other over loopback, and node:http for the HTTP/1.1 half.
// Invariant shown: bodies both ways, certificates, back-pressure, aborts, GOAWAY and close all behave as http.ts promises.

import assert from "node:assert/strict";
import { request as http1Request } from "node:https";
import { after, before, describe, it } from "node:test";
import { silentLog } from "#lib";
import { httpsTransport, type TransportError } from "./https.ts";
import { type CertificateAndKey, createCa, type HttpHandler, type HttpRequest, issue, readAll, type Server, serve } from "#wire";

const text = (status: number, body: string): Awaited<ReturnType<HttpHandler>> => ({ status, headers: {}, body: Buffer.from(body) });

/** What the handler under test does, by path. */
function testHandler(seen: { pulled: number; returned: boolean; hanging: boolean; aborted: boolean }): HttpHandler {
  return async (request: HttpRequest) => {
    const path = request.target.split("?")[0];
    if (path === "/echo") return { status: 200, headers: { "x-method": request.method }, body: await readAll(request.body, 1e6) };
    if (path === "/limit") {
      try {
        await readAll(request.body, 10);
      } catch {
        return text(413, "too large");
      }
      return text(200, "small");
    }
    if (path === "/who") return text(200, JSON.stringify(request.peer.certificate ?? null));
    if (path === "/token") return text(200, String(request.headers["authorization"]));
    if (path === "/throw") throw new Error("planted");
    if (path === "/hang") {
      seen.hanging = true;
      request.signal.addEventListener("abort", () => {
        seen.aborted = true;
      });
      return new Promise(() => undefined);
    }
    if (path === "/endless") {
      const chunk = Buffer.alloc(64 * 1024, "x");
      async function* produce(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            seen.pulled += 1;
            yield chunk;
          }
        } finally {
          seen.returned = true;
        }
      }
      return { status: 200, headers: {}, body: produce() };
    }
    return text(404, "nothing here");
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition());
}

describe("serve() and httpsTransport()", () => {
  const seen = { pulled: 0, returned: false, hanging: false, aborted: false };
  let ca: CertificateAndKey;
  let serving: CertificateAndKey;
  let user: CertificateAndKey;
  let server: Server;
  let url: string;

  before(async () => {
    ca = await createCa("test-ca");
    serving = await issue(ca, { commonName: "server", ipAddresses: ["127.0.0.1"], dnsNames: ["localhost"], server: true, days: 1 });
    user = await issue(ca, { commonName: "jane", organizations: ["devs", "ops"], client: true, days: 1 });
    server = await serve({
      host: "127.0.0.1",
      port: 0,
      tls: { ...serving, clientCa: ca.cert },
      handler: testHandler(seen),
      log: silentLog(),
    });
    url = `https://127.0.0.1:${server.port}`;
  });
  after(() => server.close(0));

  const transportWith = (extra: Partial<Parameters<typeof httpsTransport>[0]> = {}) =>
    httpsTransport({ server: url, ca: ca.cert, userAgent: "test", ...extra });

  async function call(transport: ReturnType<typeof transportWith>, method: string, target: string, body?: Uint8Array) {
    const response = await transport.request({ method, target, ...(body ? { body } : {}) });
    return { status: response.status, headers: response.headers, text: (await readAll(response.body, 1e7)).toString() };
  }

  it("carries a body there and back", async () => {
    const transport = transportWith();
    const big = Buffer.alloc(700_000, "b");
    const answer = await call(transport, "POST", "/echo", big);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["x-method"], "POST");
    assert.equal(answer.text.length, big.length);
    transport.close();
  });

  it("answers although the caller's body was left unread", async () => {
    const transport = transportWith();
    assert.deepEqual((await call(transport, "POST", "/limit", Buffer.alloc(300_000))).text, "too large");
    assert.equal((await call(transport, "POST", "/limit", Buffer.alloc(5))).status, 200);
    transport.close();
  });

  it("hands the verified certificate to the handler, and none when there is none or a stranger's", async () => {
    const strangers = await createCa("another-ca");
    const stranger = await issue(strangers, { commonName: "jane", organizations: ["system:masters"], client: true, days: 1 });
    const cases = [
      { certificate: user, want: { commonName: "jane", organizations: ["devs", "ops"] } },
      { certificate: undefined, want: null },
      { certificate: stranger, want: null },
      { certificate: serving, want: null },
    ];
    for (const { certificate, want } of cases) {
      const transport = transportWith(certificate ?? {});
      assert.deepEqual(JSON.parse((await call(transport, "GET", "/who")).text), want);
      transport.close();
    }
  });

  it("sends a token per view over one connection", async () => {
    const transport = transportWith({ token: "own" });
    const other = transport.withToken(() => "other");
    assert.equal((await call(transport, "GET", "/token")).text, "Bearer own");
    const response = await other.request({ method: "GET", target: "/token" });
    assert.equal((await readAll(response.body, 100)).toString(), "Bearer other");
    transport.close();
  });

  it("refuses a server that another authority signed", async () => {
    const transport = transportWith({ ca: (await createCa("wrong")).cert });
    await assert.rejects(call(transport, "GET", "/who"), (error: TransportError) => /unable to verify|self.signed/i.test(error.message));
    transport.close();
  });

  it("pulls a stream only as fast as the reader, and tells the producer when the reader goes", async () => {
    const transport = transportWith();
    const response = await transport.request({ method: "GET", target: "/endless" });
    const iterator = response.body[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.ok(seen.pulled < 200, `producer ran ahead: ${seen.pulled} chunks`);
    await iterator.return?.();
    await until(() => seen.returned);
    transport.close();
  });

  it("aborts the request's signal when the caller gives up", async () => {
    const transport = transportWith();
    const caller = new AbortController();
    const pending = transport.request({ method: "GET", target: "/hang", signal: caller.signal });
    await until(() => seen.hanging);
    caller.abort(new Error("enough"));
    await assert.rejects(pending, /enough/);
    await until(() => seen.aborted);
    transport.close();
  });

  it("answers 500 when the handler throws, and bounds the wait for an answer", async () => {
    const patient = transportWith();
    assert.equal((await call(patient, "GET", "/throw")).status, 500);
    patient.close();
    const transport = transportWith({ headersTimeoutMs: 30 });
    await assert.rejects(call(transport, "GET", "/hang"), /no answer within 30 ms/);
    transport.close();
  });

  it("opens a further connection only when the ones it has are full", async () => {
    const transport = transportWith({ streamsPerConnection: 1, maxConnections: 2 });
    const answers = await Promise.all([1, 2, 3].map(() => call(transport, "GET", "/who")));
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200, 200, 200],
    );
    transport.close();
  });

  it("serves HTTP/1.1 on the same port, certificates included, and refuses upgrades by default", async () => {
    const http1 = (path: string, headers: Record<string, string> = {}) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const outgoing = http1Request(`${url}${path}`, { ca: ca.cert, ...user, headers, agent: false }, (incoming) => {
          readAll(incoming as AsyncIterable<Uint8Array>, 1e6).then(
            (body) => resolve({ status: incoming.statusCode ?? 0, body: body.toString() }),
            reject,
          );
        });
        outgoing.on("error", reject);
        outgoing.end();
      });
    assert.equal(JSON.parse((await http1("/who")).body).commonName, "jane");
    assert.equal((await http1("/nothing")).status, 404);
    // An upgrade is an ordinary request to the same handler; this one does not know the path.
    assert.equal((await http1("/exec", { connection: "Upgrade", upgrade: "SPDY/3.1" })).status, 404);
  });
});

describe("close()", () => {
  it("lets a request in flight finish, then a new server on a new port is reached again", async () => {
    const ca = await createCa("test-ca");
    const serving = await issue(ca, { commonName: "server", ipAddresses: ["127.0.0.1"], server: true, days: 1 });
    let release = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = (): void => undefined;
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const handler: HttpHandler = async () => {
      entered();
      await started;
      return text(200, "finished");
    };
    const options = { host: "127.0.0.1", tls: serving, handler, log: silentLog() };
    const first = await serve({ ...options, port: 0 });
    const transport = httpsTransport({ server: `https://127.0.0.1:${first.port}`, ca: ca.cert, userAgent: "test" });
    const pending = transport.request({ method: "GET", target: "/" });
    await inside;
    const closing = first.close(5000);
    release();
    const answer = await pending;
    assert.equal((await readAll(answer.body, 100)).toString(), "finished");
    await closing;
    await assert.rejects(transport.request({ method: "GET", target: "/" }), /ECONNREFUSED/);
    const second = await serve({ ...options, port: first.port });
    assert.equal((await transport.request({ method: "GET", target: "/" })).status, 200);
    transport.close();
    await second.close(0);
  });
});
