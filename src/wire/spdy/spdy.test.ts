// SPDY/3.1 by bytes and between two of ours: frames as kubectl's Go library writes them, halves, back-pressure, loss.
// Invariant shown: a slow reader stops the writer, what a peer said before it left arrives whole, a broken peer ends its own connection only.
// Called by: npm test.

import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { deflateSync, constants } from "node:zlib";
import { ManualClock } from "#lib";
import { SpdyConnection } from "./connection.ts";
import { headerDictionary } from "./dictionary.ts";
import { readHead } from "./frames.ts";
import { HeaderPacker, HeaderUnpacker, readBlock, writeBlock } from "./headers.ts";
import type { SpdyStream } from "./stream.ts";

function connected(onStream: (stream: SpdyStream) => void): { client: SpdyConnection; server: SpdyConnection; socket: Duplex } {
  const [near, far] = duplexPair();
  const clock = new ManualClock();
  const server = new SpdyConnection(far, { role: "server", clock, onStream });
  return { client: new SpdyConnection(near, { role: "client", clock }), server, socket: far };
}

describe("header blocks", () => {
  it("are read as they were written, whoever compressed them", async () => {
    const unpacker = new HeaderUnpacker();
    const packer = new HeaderPacker();
    const headers = { streamtype: "error", port: "80" };
    assert.deepEqual({ ...(await unpacker.unpack(packer.pack(headers))) }, headers);
    assert.deepEqual({ ...(await unpacker.unpack(packer.pack({}))) }, {});
    unpacker.close();
    const compressed = new HeaderUnpacker();
    const packed = deflateSync(writeBlock(headers), { dictionary: headerDictionary(), finishFlush: constants.Z_SYNC_FLUSH });
    assert.equal((packed[1]! & 0x20) !== 0, true);
    assert.deepEqual({ ...(await compressed.unpack(packed)) }, headers);
    compressed.close();
  });

  it("carry the specification's dictionary", () => {
    // The Adler-32 sum that stands in every compressed block of this protocol.
    assert.equal(deflateSync("", { dictionary: headerDictionary() }).readUInt32BE(2), 0xe3c6a7c2);
  });

  it("that lie about their lengths are refused, not read beyond their end", async () => {
    assert.throws(() => readBlock(Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 65])), RangeError);
    const unpacker = new HeaderUnpacker();
    await assert.rejects(unpacker.unpack(Buffer.from("no zlib at all")));
  });
});

it("heads", () => {
  assert.deepEqual(readHead(Buffer.from("8003000101000020", "hex")), { kind: "control", version: 3, type: 1, flags: 1, length: 32 });
  assert.deepEqual(readHead(Buffer.from("0000000501000004", "hex")), { kind: "data", streamId: 5, flags: 1, length: 4 });
});

describe("streams", () => {
  it("end each half alone", async () => {
    const { client } = connected((stream) => {
      let all = "";
      stream.on("data", (part) => {
        all += String(part);
      });
      stream.once("end", () => stream.end(`${stream.headers["streamtype"]}: ${all}`));
    });
    const stream = await client.openStream({ streamtype: "stdin" });
    stream.end("to the end");
    assert.equal(await text(stream), "stdin: to the end");
    client.close();
    await client.drained;
  });

  it("carry much more than any buffer holds, both ways at once", async () => {
    const { client } = connected((stream) => void stream.pipe(stream));
    const stream = await client.openStream({});
    const sent = Buffer.alloc(5_000_000, "0123456789");
    stream.end(sent);
    assert.equal((await buffer(stream)).equals(sent), true);
    client.close();
  });

  it("make a writer wait for a reader", async () => {
    const accepted = Promise.withResolvers<SpdyStream>();
    const { client } = connected((stream) => accepted.resolve(stream));
    const stream = await client.openStream({});
    let taken = 0;
    const block = Buffer.alloc(64 * 1024);
    for (; taken < 100; taken++) if (!stream.write(block) && stream.writableLength > 1_000_000) break;
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(stream.writableLength > 0, "nobody reads, so something has to be waiting");
    const arriving = buffer(await accepted.promise);
    stream.end();
    assert.equal((await arriving).length, Math.min(taken + 1, 100) * block.length);
    client.close();
  });

  it("keep what was said before the other end left", async () => {
    const { client, server } = connected((stream) => {
      stream.end("last words");
      setImmediate(() => server.close());
    });
    const stream = await client.openStream({}, { readOnly: true });
    await client.closed;
    assert.equal(await text(stream), "last words");
  });

  it("are refused where nobody takes them", async () => {
    const { client } = connected((stream) => stream.destroy());
    await client.openStream({}).then(
      (stream) => text(stream),
      () => undefined,
    );
    const [near, far] = duplexPair();
    const clock = new ManualClock();
    const nobody = new SpdyConnection(far, { role: "server", clock });
    const caller = new SpdyConnection(near, { role: "client", clock });
    await assert.rejects(caller.openStream({}), /refused the stream \(code 3\)/);
    nobody.close();
    caller.close();
    client.close();
  });
});

describe("a peer", () => {
  it("that breaks the framing loses its connection", async () => {
    const [near, far] = duplexPair();
    const server = new SpdyConnection(far, { role: "server", clock: new ManualClock() });
    near.on("error", () => undefined);
    near.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    near.write(Buffer.from("8004000100ffffff", "hex"));
    near.end();
    await server.closed;
  });

  it("that answers no ping is gone after a minute", async () => {
    const [near, far] = duplexPair();
    near.resume();
    const clock = new ManualClock();
    const server = new SpdyConnection(far, { role: "server", clock });
    clock.advance(45_000);
    assert.equal(server.open, true);
    clock.advance(15_000);
    await server.closed;
  });

  it("gets its own pings back", async () => {
    const [near, far] = duplexPair();
    const server = new SpdyConnection(far, { role: "server", clock: new ManualClock() });
    near.write(Buffer.from("800300060000000400000001", "hex"));
    const [pong] = (await near.iterator({ destroyOnReturn: false }).next()).value ? [true] : [false];
    assert.equal(pong, true);
    near.destroy();
    far.destroy();
    await server.closed;
  });
});
