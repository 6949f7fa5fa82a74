// Whatever bytes come, in whatever pieces: header blocks, gRPC's frames and whole connections, by generated input.
// Invariant: the only ways out are the right answer and a refusal in the protocol's words; cuts between pieces mean nothing.
// Called by: the test runner, with one seed: a run is the same everywhere. Next on the way: connection.ts, hpack.ts, ../grpc/frames.ts.

import { deepStrictEqual, ok } from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { FrameParser, frame } from "../grpc/frames.ts";
import { GrpcError } from "../grpc/status.ts";
import { Http2Connection } from "./connection.ts";
import { flags, frameOf, frameTypes, preface } from "./frames.ts";
import { encodeHeaders, HpackDecoder, type HeaderField } from "./hpack.ts";

const seed = 42;
const runs = { numRuns: 500, seed };
const limitBytes = 1024;

/** The bytes in pieces that end where `cuts` say. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length)).filter((piece) => piece.length > 0);
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });
const bytes = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test("messages come out of gRPC's frames as they went in, however they are cut", () => {
  const property = fc.property(fc.array(bytes(300), { maxLength: 8 }), cuts, (messages, at) => {
    const parser = new FrameParser(limitBytes);
    const out = pieces(Buffer.concat(messages.map(frame)), at).flatMap((piece) => parser.push(piece));
    deepStrictEqual(out, messages);
    ok(!parser.partial);
  });
  fc.assert(property, runs);
});

test("noise in gRPC's frames is held within the bound, or refused", () => {
  const property = fc.property(bytes(4000), cuts, (noise, at) => {
    const parser = new FrameParser(limitBytes);
    try {
      for (const piece of pieces(noise, at)) for (const message of parser.push(piece)) ok(message.length <= limitBytes);
    } catch (error) {
      ok(error instanceof GrpcError);
    }
  });
  fc.assert(property, runs);
});

const latin1 = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString("latin1"));
const fields = fc.array(fc.tuple(latin1, latin1), { maxLength: 12 });

test("header fields come back as they were", () => {
  const property = fc.property(fields, (written: HeaderField[]) => {
    deepStrictEqual(new HpackDecoder().decode(encodeHeaders(written), 1 << 20), written);
  });
  fc.assert(property, runs);
});

test("a header block of noise is a RangeError or fields within the bound, block after block on one table", () => {
  const property = fc.property(fc.array(bytes(200), { maxLength: 6 }), (blocks) => {
    const decoder = new HpackDecoder();
    try {
      for (const block of blocks) {
        const read = decoder.decode(block, limitBytes);
        ok(read.reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= limitBytes);
      }
    } catch (error) {
      ok(error instanceof RangeError, String(error));
    }
  });
  fc.assert(property, runs);
});

/** A socket without a network: what comes is pushed, what goes is kept. */
class Wire extends Duplex {
  readonly sent: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}

const anyFrame = fc
  .tuple(
    fc.constantFrom(...Object.values(frameTypes), 77),
    fc.constantFrom(0, flags.endStream, flags.endHeaders, flags.endHeaders | flags.endStream, flags.padded, flags.priority, 0xff),
    fc.constantFrom(0, 1, 2, 3, 5, 0x7fff_ffff),
    fc.oneof(bytes(64), fc.constant(encodeHeaders([[":path", "/a"]])), fc.constant(Buffer.from([0, 0, 0, 1]))),
  )
  .map(([type, flag, stream, payload]) => frameOf(type, flag, stream, payload));

test("a connection of odd frames answers, refuses or goes on, and lets go of everything when it ends", async () => {
  const property = fc.asyncProperty(fc.array(anyFrame, { maxLength: 30 }), cuts, async (frames, at) => {
    const socket = new Wire();
    const open = new Set<object>();
    const ended = Promise.withResolvers<void>();
    new Http2Connection({
      socket,
      stream: (stream) => {
        open.add(stream);
        stream.onClose = () => void open.delete(stream);
        stream.read({ data: () => undefined, end: () => stream.respond([[":status", "200"]], true) });
      },
      closed: () => ended.resolve(),
    });
    for (const piece of pieces(Buffer.concat([preface, ...frames]), at)) socket.push(piece);
    socket.push(null);
    socket.once("end", () => socket.destroy());
    socket.resume();
    await ended.promise;
    deepStrictEqual([...open], []);
    ok(socket.sent.length > 0);
  });
  // A request that has begun and does not end, when the connection does.
  const begun = frameOf(frameTypes.headers, flags.endHeaders, 1, encodeHeaders([[":path", "/a"]]));
  await fc.assert(property, { numRuns: 200, seed, examples: [[[begun], []]] });
});
