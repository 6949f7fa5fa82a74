// What a broken or hostile peer sends: the connection ends in good order, the server lives on, others are served.
// Invariant: no bytes at all make the server throw; what breaks the protocol is answered by GOAWAY or a closed socket.
// Called by: the test runner. Next on the way: connection.ts.

import { strictEqual } from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { macrotask, type Prng, seededPrng } from "#lib";
import { Http2Connection } from "./connection.ts";
import { flags, frameOf, frameTypes, headBytes, preface, settingIds, settingsOf, uint32 } from "./frames.ts";
import { encodeHeaders } from "./hpack.ts";

/** A socket whose other end is the test. */
class TestSocket extends Duplex {
  readonly sent: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}

interface Peer {
  readonly socket: TestSocket;
  streams: number;
  closed: boolean;
  /** Types of the frames that the server has sent. */
  types(): number[];
}

/** Answers every request with its own bytes. */
function serve(): Peer {
  const socket = new TestSocket();
  const peer: Peer = {
    socket,
    streams: 0,
    closed: false,
    types() {
      const bytes = Buffer.concat(socket.sent);
      const types: number[] = [];
      for (let at = 0; at < bytes.length; at += headBytes + bytes.readUIntBE(at, 3)) types.push(bytes[at + 3]!);
      return types;
    },
  };
  new Http2Connection({
    socket,
    stream: (stream) => {
      peer.streams++;
      stream.read({
        data: (chunk) => {
          stream.respond([[":status", "200"]]);
          stream.write(Buffer.from(chunk));
        },
        end: () => {
          stream.respond([[":status", "200"]]);
          stream.end();
        },
      });
    },
    closed: () => {
      peer.closed = true;
    },
  });
  return peer;
}

async function send(peer: Peer, ...chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) peer.socket.push(chunk);
  for (let turn = 0; turn < 5; turn++) await macrotask();
}

const head = encodeHeaders([
  [":method", "POST"],
  [":path", "/a"],
  [":authority", "http://127.0.0.1:1"],
]);
const request = (id: number, flag = 0): Buffer => frameOf(frameTypes.headers, flags.endHeaders | flag, id, head);
const data = (id: number, bytes: number, flag = 0): Buffer => frameOf(frameTypes.data, flag, id, Buffer.alloc(bytes, "x"));

const offences: readonly (readonly [name: string, ...chunks: Buffer[]])[] = [
  ["something else than HTTP/2", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["a frame of more than 16 KiB", preface, data(1, 16_385)],
  ["data on a stream that was never opened", preface, data(5, 10)],
  ["a stream with an even number", preface, request(2)],
  ["a header block that is no HPACK", preface, frameOf(frameTypes.headers, flags.endHeaders, 1, Buffer.from([0x80]))],
  ["a block interrupted by another frame", preface, frameOf(frameTypes.headers, 0, 1, head), data(1, 1)],
  ["a continuation of nothing", preface, frameOf(frameTypes.continuation, flags.endHeaders, 1, head)],
  ["padding longer than its frame", preface, request(1), frameOf(frameTypes.data, flags.padded, 1, Buffer.from([9, 1]))],
  ["a push", preface, frameOf(frameTypes.pushPromise, 0, 1, Buffer.alloc(8))],
  ["a ping of five bytes", preface, frameOf(frameTypes.ping, 0, 0, Buffer.alloc(5))],
  ["settings of five bytes", preface, frameOf(frameTypes.settings, 0, 0, Buffer.alloc(5))],
  ["a window beyond its limit", preface, frameOf(frameTypes.settings, 0, 0, settingsOf([[settingIds.initialWindowSize, 0x8000_0000]]))],
  ["a window update of nothing", preface, frameOf(frameTypes.windowUpdate, 0, 0, uint32(0))],
  ["window updates beyond the limit", preface, frameOf(frameTypes.windowUpdate, 0, 0, uint32(0x7fff_ffff))],
  [
    "a header block without an end",
    preface,
    frameOf(frameTypes.headers, 0, 1, head),
    ...Array.from({ length: 5000 }, () => frameOf(frameTypes.continuation, 0, 1, Buffer.alloc(0))),
  ],
];

for (const [name, ...chunks] of offences)
  test(`${name} ends the connection, with a word`, async () => {
    const peer = serve();
    await send(peer, ...chunks);
    strictEqual(peer.closed, true);
    strictEqual(peer.types().includes(frameTypes.goAway), true);
  });

test("what others may say and we need not know is passed over", async () => {
  const peer = serve();
  const priority = frameOf(
    frameTypes.headers,
    flags.endHeaders | flags.endStream | flags.priority,
    1,
    Buffer.concat([Buffer.alloc(5), head]),
  );
  await send(peer, preface, frameOf(frameTypes.priority, 0, 1, Buffer.alloc(5)), frameOf(0x77, 0xff, 9, Buffer.alloc(3)), priority);
  strictEqual(peer.closed, false);
  strictEqual(peer.streams, 1);
});

test("a stream waits for its window, others do not", async () => {
  const peer = serve();
  await send(
    peer,
    preface,
    frameOf(frameTypes.settings, 0, 0, settingsOf([[settingIds.initialWindowSize, 10]])),
    request(1),
    data(1, 25, flags.endStream),
  );
  const sentBytes = (): number => {
    const bytes = Buffer.concat(peer.socket.sent);
    let total = 0;
    for (let at = 0; at < bytes.length; at += headBytes + bytes.readUIntBE(at, 3))
      if (bytes[at + 3] === frameTypes.data) total += bytes.readUIntBE(at, 3);
    return total;
  };
  strictEqual(sentBytes(), 10);
  await send(peer, request(3), data(3, 5, flags.endStream));
  strictEqual(sentBytes(), 15);
  await send(peer, frameOf(frameTypes.windowUpdate, 0, 1, uint32(15)));
  strictEqual(sentBytes(), 30);
  await send(peer, frameOf(frameTypes.resetStream, 0, 1, uint32(8)));
  strictEqual(peer.closed, false);
});

/** Mostly right, sometimes not: cut, flipped, repeated, out of order. */
function noise(prng: Prng): Buffer {
  const frames = Array.from({ length: prng.between(1, 12) }, () => {
    const id = prng.between(0, 4) * 2 + prng.between(0, 9 < prng.between(0, 10) ? 0 : 1);
    const type = prng.between(0, 10);
    const payload = type === frameTypes.headers && prng.between(0, 2) > 0 ? head : Buffer.from(prng.bytes(prng.between(0, 40)));
    return frameOf(type, prng.between(0, 255), id, payload);
  });
  const bytes = Buffer.concat([preface, ...frames]);
  for (let flips = prng.between(0, 3); flips > 0; flips--)
    bytes[prng.between(preface.length, bytes.length - 1)]! ^= 1 << prng.between(0, 7);
  return bytes.subarray(0, prng.between(0, 5) === 0 ? prng.between(0, bytes.length) : bytes.length);
}

test("two thousand connections of noise, in pieces", async () => {
  const prng = seededPrng(7);
  const peers: Peer[] = [];
  for (let round = 0; round < 2000; round++) {
    const peer = serve();
    const bytes = noise(prng);
    const cut = prng.between(0, bytes.length);
    peer.socket.push(bytes.subarray(0, cut));
    peer.socket.push(bytes.subarray(cut));
    peers.push(peer);
    if (round % 100 === 0) await macrotask();
  }
  for (let turn = 0; turn < 10; turn++) await macrotask();
  for (const peer of peers) peer.socket.destroy();
  await macrotask();
  strictEqual(
    peers.every(({ closed }) => closed),
    true,
  );
});
