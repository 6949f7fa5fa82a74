// The socket between supervisor and parts: lines there and back, and a part that finds its supervisor's successor.
// Invariant shown: a closed connection is told to both ends; nothing but JSON lines is accepted.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Channel, connectChannel, keepConnected, listenChannel, type Message } from "./channel.ts";

const folder = mkdtempSync(join(tmpdir(), "dhow-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const once = <Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } => Promise.withResolvers<Value>();

test("lines go both ways, and each end learns that the other has gone", async () => {
  const path = join(folder, "both.sock");
  const [heard, answered, gone] = [once<Message>(), once<Message>(), once<undefined>()];
  const server = await listenChannel(path, (channel) => ({
    message(message) {
      heard.resolve(message);
      channel.send({ type: "answer", text: "ü\n" });
    },
    closed: () => gone.resolve(undefined),
  }));
  const closed = once<undefined>();
  const channel = await connectChannel(path, { message: answered.resolve, closed: () => closed.resolve(undefined) });
  channel.send({ type: "question" });
  assert.deepEqual(await heard.promise, { type: "question" });
  assert.deepEqual(await answered.promise, { type: "answer", text: "ü\n" });
  channel.close();
  await Promise.all([gone.promise, closed.promise]);
  server.close();
  await assert.rejects(connectChannel(path, { message: () => undefined, closed: () => undefined }));
});

test("what is no JSON ends the connection", async () => {
  const path = join(folder, "bad.sock");
  const closed = once<undefined>();
  const server = await listenChannel(path, () => ({ message: () => assert.fail(), closed: () => closed.resolve(undefined) }));
  createConnection(path)
    .on("error", () => undefined)
    .write("hello\n");
  await closed.promise;
  server.close();
});

test("keepConnected() finds a socket that appears later, and its successor", async () => {
  const path = join(folder, "later.sock");
  const arrivals: (() => void)[] = [];
  const arrived = [once<undefined>(), once<undefined>()];
  for (const one of arrived) arrivals.push(() => one.resolve(undefined));
  const accept = (channel: Channel) => {
    arrivals.shift()?.();
    void channel;
    return { message: () => undefined, closed: () => undefined };
  };
  const keeper = keepConnected(
    path,
    () => undefined,
    () => undefined,
  );
  const first = await listenChannel(path, accept);
  await arrived[0]!.promise;
  first.close();
  const second = await listenChannel(path, accept);
  await arrived[1]!.promise;
  keeper.close();
  second.close();
});

test("a group of processes may be let in beside the user who listens", async () => {
  const path = join(folder, "group.sock");
  const server = await listenChannel(path, () => ({ message: () => undefined, closed: () => undefined }), process.getgid!());
  assert.equal(statSync(path).mode & 0o777, 0o660);
  assert.equal(statSync(path).gid, process.getgid!());
  server.close();
});
