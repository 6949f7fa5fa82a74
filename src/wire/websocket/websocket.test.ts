// WebSockets between two of ours and by bytes: messages, channels with their half-close, the tunnel, refusals.
// Invariant shown: what stands in RFC 6455's examples is what we write; a peer that breaks the rules is told so and cut.
// Called by: npm test.

import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { ManualClock } from "#lib";
import { WebSocketChannels } from "./channels.ts";
import { WebSocketConnection } from "./connection.ts";
import { frameHead, readLength, readStart, unmask } from "./frames.ts";
import { acceptHeaders, webSocketOffer } from "./handshake.ts";
import { webSocketTunnel } from "./tunnel.ts";

function pair(): { client: WebSocketConnection; server: WebSocketConnection; socket: Duplex; clock: ManualClock } {
  const [near, far] = duplexPair();
  const clock = new ManualClock();
  return {
    client: new WebSocketConnection(near, { role: "client", clock }),
    server: new WebSocketConnection(far, { role: "server", clock }),
    socket: near,
    clock,
  };
}

describe("bytes", () => {
  it("of the handshake are the RFC's", () => {
    const headers = {
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "a, SPDY/3.1+b",
    };
    assert.deepEqual(webSocketOffer(headers), { key: "dGhlIHNhbXBsZSBub25jZQ==", protocols: ["a", "SPDY/3.1+b"] });
    assert.equal(acceptHeaders("dGhlIHNhbXBsZSBub25jZQ==", "a")["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert.match(JSON.stringify(webSocketOffer({ "sec-websocket-key": "x" })), /unsupported version/);
    assert.match(JSON.stringify(webSocketOffer({ "sec-websocket-version": "13" })), /16-byte/);
  });

  it("of lengths", () => {
    const cases: [length: number, hex: string][] = [
      [0, "8200"],
      [125, "827d"],
      [126, "827e007e"],
      [65_535, "827effff"],
      [65_536, "827f0000000000010000"],
    ];
    for (const [length, hex] of cases) {
      const head = frameHead(2, length);
      assert.equal(head.toString("hex"), hex);
      const start = readStart(head);
      assert.equal(start.lengthBytes === 0 ? start.shortLength : readLength(head.subarray(2)), length);
    }
    assert.throws(() => readLength(Buffer.from("0020000000000000", "hex")), RangeError);
  });

  it("of the RFC's masked Hello", () => {
    assert.equal(unmask(Buffer.from("7f9f4d5158", "hex"), Buffer.from("37fa213d", "hex")).toString(), "Hello");
  });
});

describe("messages", () => {
  it("go both ways, end with a goodbye", async () => {
    const { client, server } = pair();
    void client.send([Buffer.from("a"), Buffer.alloc(70_000, "b")]);
    assert.equal((await server.receive())?.length, 70_001);
    void server.send([Buffer.from("back")]);
    assert.equal(String(await client.receive()), "back");
    server.close(1000, "done");
    assert.equal(await client.receive(), undefined);
    await Promise.all([client.closed, server.closed]);
  });

  it("in pieces, with a ping between them, are one", async () => {
    const [near, far] = duplexPair();
    const server = new WebSocketConnection(far, { role: "server", clock: new ManualClock() });
    const masked = (hex: string): Buffer => Buffer.from(hex, "hex");
    near.write(masked("02810000000061"));
    near.write(masked("898000000000"));
    near.write(masked("80810000000062"));
    assert.equal(String(await server.receive()), "ab");
    near.destroy();
    far.destroy();
  });

  it("without a mask, or beyond the bound, are refused", async () => {
    for (const [hex, code] of [
      ["820161", 1002],
      ["82ff0000000002000000" + "00000000", 1009],
    ] as const) {
      const [near, far] = duplexPair();
      const server = new WebSocketConnection(far, { role: "server", clock: new ManualClock() });
      near.write(Buffer.from(hex, "hex"));
      assert.equal(await server.receive(), undefined);
      const goodbye = (await near.iterator({ destroyOnReturn: false }).next()).value as Buffer;
      assert.equal(goodbye[0], 0x88);
      const rest = goodbye.length > 2 ? goodbye.subarray(2) : ((await near.iterator({ destroyOnReturn: false }).next()).value as Buffer);
      assert.equal(rest.readUInt16BE(0), code);
      near.destroy();
      far.destroy();
    }
  });
});

describe("channels", () => {
  it("carry streams; 255 ends one of them", async () => {
    const { client, server } = pair();
    const channels = new WebSocketChannels(server, { closeSignal: true });
    const stdin = channels.input(0);
    const running = channels.start();
    await client.send([Buffer.from("\0hello ")]);
    await client.send([Buffer.from("\0world")]);
    await client.send([Buffer.from([9, 1])]);
    await client.send([Buffer.from([255, 0])]);
    assert.equal(await text(stdin), "hello world");
    channels.output(1).write("out");
    assert.equal(String(await client.receive()), "\u0001out");
    client.close(1000, "");
    await running;
  });

  it("nobody reads from do not stop a goodbye", async () => {
    const { client, server } = pair();
    const channels = new WebSocketChannels(server, { closeSignal: true });
    channels.input(0);
    const running = channels.start();
    void client.send([Buffer.alloc(200_000)]);
    void client.send([Buffer.alloc(200_000)]);
    await new Promise((resolve) => setImmediate(resolve));
    server.close(1000, "");
    await running;
    assert.equal(await client.receive(), undefined);
    await server.closed;
  });
});

it("a tunnel is a stream of bytes, wherever messages were cut", async () => {
  const { client, server, clock } = pair();
  const tunnel = webSocketTunnel(server, clock);
  await client.send([Buffer.from("ab")]);
  await client.send([Buffer.alloc(0)]);
  await client.send([Buffer.from("c")]);
  client.close(1000, "");
  assert.equal(await text(tunnel), "abc");
  await server.closed;
  clock.advance(10_000);
});
