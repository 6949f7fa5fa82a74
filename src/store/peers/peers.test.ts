// The members' wire on real sockets: what is said arrives, strangers are told why not, a snapshot goes in slices; and every message's bytes.
// Invariant: whoever is not the member it says it is never gets a message in.
// Called by: the test runner. Next on the way: link.ts, inbox.ts.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { type Clock, seededPrng, silentLog, systemClock } from "#lib";
import type { Message, Snapshot } from "#raft";
import { createCa, issue } from "#wire";
import type { PeerTls } from "./address.ts";
import { askMember } from "./ask.ts";
import { FrameReader, frameKinds, strangerFrameBytes } from "./frames.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { Peers, type PeersOptions } from "./peers.ts";

const head = { from: 1, to: 2, term: 300 };
const mark = { index: 2 ** 40, term: 7 };
const data = Buffer.from("data");
const messages: readonly Message[] = [
  { type: "vote", ...head, pre: true, transfer: false, last: mark },
  { type: "vote", ...head, pre: false, transfer: true, last: mark },
  { type: "voteReply", ...head, pre: true, granted: false },
  { type: "voteReply", ...head, pre: false, granted: true },
  { type: "append", ...head, previous: mark, commit: 5, entries: [] },
  { type: "append", ...head, previous: mark, commit: 5, entries: [{ index: 2 ** 40 + 1, term: 8, type: "command", data }] },
  { type: "appendReply", ...head, index: 5 },
  { type: "appendReply", ...head, index: 5, hint: mark },
  { type: "heartbeat", ...head, commit: 9, read: 3 },
  { type: "heartbeatReply", ...head, read: 3 },
  { type: "snapshot", ...head, mark, configuration: { voters: [1, 2, 3], learners: [4] } },
  { type: "timeoutNow", ...head },
  { type: "read", ...head, id: 4 },
  { type: "readReply", ...head, id: 4 },
  { type: "readReply", ...head, id: 4, index: 0 },
];

for (const [at, message] of messages.entries())
  test(`message ${at}, ${message.type}, reads back`, () => {
    const bytes = encodeMessage(message);
    deepStrictEqual(decodeMessage(bytes), message);
    for (let cut = 0; cut < bytes.length; cut++) {
      try {
        decodeMessage(bytes.subarray(0, cut));
      } catch (error) {
        ok(error instanceof RangeError || error instanceof SyntaxError, `cut at ${cut}: ${String(error)}`);
      }
    }
  });

test("random bytes are no messages, and no frames beyond the bound", () => {
  const prng = seededPrng(1);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(prng.bytes(prng.between(0, 60)));
    try {
      decodeMessage(bytes);
    } catch (error) {
      ok(error instanceof Error);
    }
  }
  const large = Buffer.alloc(5);
  large.writeUInt32LE(strangerFrameBytes + 1);
  throws(() => [...new FrameReader().push(large)], RangeError);
});

test("frames come out whole however they are cut", () => {
  const bytes = Buffer.from([3, 0, 0, 0, 4, 7, 8, 1, 0, 0, 0, 9]);
  for (let cut = 1; cut < bytes.length; cut++) {
    const reader = new FrameReader();
    const frames = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))];
    deepStrictEqual(
      frames.map(({ kind, payload }) => [kind, ...payload]),
      [[4, 7, 8], [9]],
    );
  }
});

interface Side {
  readonly peers: Peers;
  readonly got: Message[];
  readonly refusals: string[];
  url: string;
  arrived: () => void;
  removed: boolean;
  snapshot: Buffer;
}

const ids: Readonly<Record<number, string>> = { 1: "a1", 2: "b2" };

async function side(number: number, urls: Record<number, string>, change: Partial<PeersOptions> = {}, own: object = {}): Promise<Side> {
  const result = {
    got: [],
    refusals: [],
    url: "",
    arrived: () => undefined,
    removed: false,
    snapshot: Buffer.alloc(0),
  } as Partial<Side> as Side;
  const clock: Clock = systemClock();
  const peers = new Peers({
    clock,
    log: silentLog(),
    tls: undefined,
    self: { cluster: "c", number, idOf: (one) => ids[one], wasRemoved: (id) => id === "gone", ...own },
    introduce: () => ({ cluster: "c", members: [] }),
    urlsOf: (member) => [urls[member] ?? ""],
    met: () => undefined,
    message(message) {
      result.got.push(message);
      result.arrived();
    },
    request: async (from, kind, body) => Buffer.from(`${from} ${kind} ${body.toString()}`),
    snapshot: () => ({
      write: async (bytes) => void (result.snapshot = Buffer.concat([result.snapshot, bytes])),
      done: async () => true,
      abort: () => undefined,
    }),
    removed() {
      result.removed = true;
      result.arrived();
    },
    ...change,
  });
  const scheme = change.tls ? "https" : "http";
  result.url = `${scheme}://127.0.0.1:${await peers.listen(`${scheme}://127.0.0.1:0`)}`;
  urls[number] = result.url;
  return Object.assign(result, { peers });
}

const arrival = (one: Side): Promise<void> => new Promise((resolve) => (one.arrived = resolve));

async function talk(tls?: PeerTls): Promise<void> {
  const urls: Record<number, string> = {};
  const options = tls ? { tls } : {};
  const [one, two] = [await side(1, urls, options), await side(2, urls, options)];
  const came = arrival(two);
  one.peers.reach([2]);
  // What is said before the connection stands is lost: raft says it again.
  const again = setInterval(() => one.peers.send(messages[5]!), 5);
  await came;
  clearInterval(again);
  deepStrictEqual(two.got[0], messages[5]);
  strictEqual((await one.peers.request(2, 3, Buffer.from("x"))).toString(), "1 3 x");
  const pieces = Array.from({ length: 20 }, (_, at) => Buffer.alloc(70_000, at));
  const sent = await one.peers.sendSnapshot(
    { ...head, type: "snapshot", mark, configuration: { voters: [1] } } as Snapshot,
    async (slice) => {
      for (const piece of pieces) await slice(piece);
    },
  );
  strictEqual(sent, true);
  ok(two.snapshot.equals(Buffer.concat(pieces)));
  await Promise.all([one.peers.close(), two.peers.close()]);
}

test("messages, requests and a snapshot get across", () => talk());

test("and over TLS with certificates on both sides", async () => {
  const ca = await createCa("members");
  const own = await issue(ca, { commonName: "member", ipAddresses: ["127.0.0.1"], server: true, client: true, days: 1 });
  await talk({ key: own.key, cert: own.cert, ca: ca.cert, requireCertificate: true });
  // Another authority's member does not get in.
  const other = await createCa("others");
  const foreign = await issue(other, { commonName: "member", ipAddresses: ["127.0.0.1"], server: true, client: true, days: 1 });
  const urls: Record<number, string> = {};
  const two = await side(2, urls, { tls: { key: own.key, cert: own.cert, ca: ca.cert, requireCertificate: true } });
  strictEqual(
    await askMember(two.url, { key: foreign.key, cert: foreign.cert, ca: ca.cert, requireCertificate: true }, systemClock()),
    undefined,
  );
  deepStrictEqual(await askMember(two.url, { key: own.key, cert: own.cert, ca: ca.cert, requireCertificate: true }, systemClock()), {
    cluster: "c",
    members: [],
  });
  await two.peers.close();
});

test("a member that is newer than the list is let in, and says where to call it back", async () => {
  const urls: Record<number, string> = {};
  const met: string[] = [];
  const two = await side(2, urls, { met: ({ from, member, urls: own }) => met.push(`${from} ${member} ${own.join()}`) });
  const three = await side(3, urls, {}, { idOf: (one: number) => (one === 3 ? "c3" : ids[one]) });
  const sent = await three.peers.sendSnapshot({ ...(messages[10] as Snapshot), from: 3, to: 2 }, async () => undefined);
  strictEqual(sent, true);
  deepStrictEqual(met, [`3 c3 ${three.url}`]);
  await Promise.all([two.peers.close(), three.peers.close()]);
});

const strangers: readonly (readonly [name: string, self: object, code: string])[] = [
  ["of another cluster", { cluster: "d" }, "cluster"],
  ["that nobody knows", { idOf: () => "zz" }, "unknown"],
  ["that has been removed", { idOf: () => "gone" }, "removed"],
];
for (const [name, self, code] of strangers)
  test(`a member ${name} is refused and told`, async () => {
    const urls: Record<number, string> = {};
    const two = await side(2, urls);
    const one = await side(1, urls, {}, self);
    if (code === "removed") {
      const told = arrival(one);
      one.peers.reach([2]);
      await told;
      strictEqual(one.removed, true);
    } else {
      const sent = await one.peers.sendSnapshot(messages[10] as Snapshot, async () => undefined);
      strictEqual(sent, false);
    }
    strictEqual(two.got.length, 0);
    await Promise.all([one.peers.close(), two.peers.close()]);
  });

test("another version, and what is no hello, are refused", async () => {
  const two = await side(2, {});
  const { port } = new URL(two.url);
  const hello = Buffer.from("\0\0\0\0\u0001dhowpeer\u0009\0\u0009\0{}", "latin1");
  hello.writeUInt32LE(hello.length - 4);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(hello);
  const [answer] = (await once(socket, "data")) as [Buffer];
  strictEqual(answer[4], frameKinds.refused);
  ok(answer.toString().includes("you speak version 9 of the peers' protocol"));
  socket.destroy();
  const http = connect(Number(port), "127.0.0.1");
  http.on("error", () => undefined);
  http.write("GET / HTTP/1.1\r\n\r\n");
  http.resume();
  await once(http, "close");
  await two.peers.close();
});
