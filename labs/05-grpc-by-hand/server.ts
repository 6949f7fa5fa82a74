// A gRPC server by hand, on plain node:http2: one method, `/lab.Greeter/Hello`, that greets a name.
// Invariant: strict: every demand of the protocol that a request does not meet is refused with a status that says which.
// Called by: lab.md beside it. Next on the way: src/cri/grpc/channel.ts, the client side as dhow uses it.

import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";

const codes = { ok: 0, invalidArgument: 3, unimplemented: 12, internal: 13 };

/** Ends a call. The status travels *behind* the body, in trailers: only at the end does anyone know how it went. */
function finish(stream: ServerHttp2Stream, code: number, message: string, body?: Buffer): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": code, ...(message === "" ? {} : { "grpc-message": message }) }));
  stream.end(body);
}

/** One byte of flags, four bytes of length, then so many bytes of message. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer): void {
  if (headers["content-type"] !== "application/grpc") return finish(stream, codes.internal, "content-type is not application/grpc");
  if (headers["te"] !== "trailers") return finish(stream, codes.internal, "te: trailers is missing");
  if (headers[":path"] !== "/lab.Greeter/Hello") return finish(stream, codes.unimplemented, `unknown method ${headers[":path"]}`);
  if (body.length < 5) return finish(stream, codes.internal, `a frame begins with 5 bytes and there are ${body.length}`);
  const length = body.readUInt32BE(1);
  if (length !== body.length - 5)
    return finish(stream, codes.internal, `the frame promises ${length} bytes and there are ${body.length - 5}`);
  // Field 1, wire type 2 (bytes with a length): tag 0x0a.
  const message = body.subarray(5);
  if (message[0] !== 0x0a || message[1] !== message.length - 2)
    return finish(stream, codes.invalidArgument, "the message is not a string in field 1");
  const greeting = Buffer.from(`hello ${message.subarray(2).toString()}`);
  finish(stream, codes.ok, "", frame(Buffer.concat([Buffer.from([0x0a, greeting.length]), greeting])));
}

const server = createServer();
server.on("stream", (stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => answer(stream as ServerHttp2Stream, headers, Buffer.concat(chunks)));
  stream.on("error", () => undefined);
});
server.listen("grpc.sock", () => process.stdout.write("listening on grpc.sock\n"));
