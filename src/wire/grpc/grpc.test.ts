// The gRPC server as somebody else's client sees it: @grpc/grpc-js on a real socket, and curl's HTTP/1.1 beside it.
// Invariant: messages of any size arrive whole and in order, in both directions; every call ends with its status.
// Called by: the test runner. Next on the way: server.ts.

import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { silentLog, systemClock } from "#lib";
import { createCa, issue } from "../pki/certificates.ts";
import type { Server } from "../server.ts";
import { serveGrpc } from "./listen.ts";
import type { GrpcMethod } from "./server.ts";
import { GrpcError } from "./status.ts";

const maxMessageBytes = 3 * 1024 * 1024;
const same = (bytes: Buffer): Buffer => bytes;
const methods = new Map<string, GrpcMethod>([
  ["/t.T/Echo", { form: "unary", call: async (request) => request }],
  [
    "/t.T/Refuse",
    {
      form: "unary",
      call: async (request) => {
        throw new GrpcError("NOT_FOUND", `no “${request.toString()}”, 100 %`);
      },
    },
  ],
  ["/t.T/Who", { form: "unary", call: async (_request, { peer }) => Buffer.from(peer.certificate?.commonName ?? "nobody") }],
  [
    "/t.T/EchoAll",
    {
      form: "stream",
      call: (stream) =>
        stream.onMessage(
          (message) => stream.send(message),
          () => stream.end(),
        ),
    },
  ],
]);
const services = { methods, maxMessageBytes, log: silentLog() };
const http = async () => ({ status: 200, headers: { "content-type": "text/plain" }, body: Buffer.from("plain") });

let server: Server;
let client: Client;
before(async () => {
  server = await serveGrpc({ host: "127.0.0.1", port: 0, services, http, clock: systemClock() });
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), { "grpc.max_receive_message_length": maxMessageBytes });
});
after(async () => {
  client.close();
  await server.close(100);
});

function unary(path: string, request: Buffer, on = client): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    on.makeUnaryRequest(path, same, same, request, (error, reply) => (error ? reject(error) : resolve(reply!)));
  });
}

async function refusal(path: string, request: Buffer): Promise<string> {
  const error: unknown = await unary(path, request).then(
    () => undefined,
    (one: unknown) => one,
  );
  const { code, details } = error as ServiceError;
  return `${status[code]} ${details}`;
}

for (const bytes of [0, 1, 16_379, 16_384, 100_000, maxMessageBytes])
  test(`a message of ${bytes} bytes goes there and back`, async () => {
    const message = Buffer.alloc(bytes, "abcdefghijk");
    strictEqual((await unary("/t.T/Echo", message)).equals(message), true);
  });

test("refusals arrive with code and text", async () => {
  strictEqual(await refusal("/t.T/Refuse", Buffer.from("thing")), "NOT_FOUND no “thing”, 100 %");
  strictEqual(await refusal("/t.T/Nothing", Buffer.alloc(0)), "UNIMPLEMENTED unknown method Nothing for service t.T");
  strictEqual(await refusal("/u.U/Nothing", Buffer.alloc(0)), "UNIMPLEMENTED unknown service u.U");
  match(await refusal("/t.T/Echo", Buffer.alloc(maxMessageBytes + 1)), /^RESOURCE_EXHAUSTED .*larger than max/);
});

test("a stream carries more than all windows, in order", async () => {
  const stream = client.makeBidiStreamRequest("/t.T/EchoAll", same, same);
  const sent = Array.from({ length: 60 }, (_, index) => Buffer.alloc(50_000 + index * 1000, String(index)));
  for (const message of sent) stream.write(message);
  stream.end();
  const got: Buffer[] = [];
  for await (const message of stream) got.push(message as Buffer);
  strictEqual(got.length, sent.length);
  strictEqual(Buffer.concat(got).equals(Buffer.concat(sent)), true);
});

test("many calls at once", async () => {
  const wanted = Array.from({ length: 500 }, (_, index) => String(index));
  const got = await Promise.all(wanted.map((text) => unary("/t.T/Echo", Buffer.from(text))));
  deepStrictEqual(
    got.map((one) => one.toString()),
    wanted,
  );
});

test("HTTP/1.1 is served on the same port, and what is no HTTP is closed", async () => {
  const answer = await fetch(`http://127.0.0.1:${server.port}/health`);
  strictEqual(await answer.text(), "plain");
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`PRI nonsense${"\0".repeat(30)}`);
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
});

test("over TLS the client's certificate names the caller, and without one there is no call", async () => {
  const ca = await createCa("test");
  const own = await issue(ca, { commonName: "server", dnsNames: ["localhost"], server: true, days: 1 });
  const alice = await issue(ca, { commonName: "alice", client: true, days: 1 });
  const tls = { key: own.key, cert: own.cert, clientCa: ca.cert };
  const secure = await serveGrpc({ host: "127.0.0.1", port: 0, services, http, clock: systemClock(), tls });
  const to = (key?: string, cert?: string): Client =>
    new Client(
      `127.0.0.1:${secure.port}`,
      credentials.createSsl(Buffer.from(ca.cert), key ? Buffer.from(key) : null, cert ? Buffer.from(cert) : null),
      { "grpc.ssl_target_name_override": "localhost" },
    );
  const known = to(alice.key, alice.cert);
  const unknown = to();
  strictEqual((await unary("/t.T/Who", Buffer.alloc(0), known)).toString(), "alice");
  await unary("/t.T/Who", Buffer.alloc(0), unknown).then(
    () => Promise.reject(new Error("a caller without a certificate was served")),
    (error: ServiceError) => strictEqual(error.code, status.UNAVAILABLE),
  );
  known.close();
  unknown.close();
  await secure.close(100);
});
