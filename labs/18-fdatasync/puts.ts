// So many puts over one connection, so many of them at a time: gRPC by hand, as in lab 5.
// Invariant: a put counts only when its answer is there and its status is 0.
// Called by: syncs.sh beside it. Next on the way: src/store/replica.ts, which makes batches of what waits.

import { connect } from "node:http2";

const [puts = 1, atATime = 1] = process.argv.slice(2).map(Number);
const connection = connect(`http://${process.env["ETCDCTL_ENDPOINTS"] ?? "127.0.0.1:2379"}`);

const field = (tag: number, text: string): Buffer => Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)]);

function put(key: string): Promise<boolean> {
  const message = Buffer.concat([field(0x0a, key), field(0x12, "x")]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stream = connection.request({
    ":method": "POST",
    ":path": "/etcdserverpb.KV/Put",
    "content-type": "application/grpc",
    te: "trailers",
  });
  let ok = false;
  stream.on("trailers", (trailers) => (ok = String(trailers["grpc-status"]) === "0"));
  stream.on("error", () => resolve(false));
  stream.on("close", () => resolve(ok));
  stream.resume();
  stream.end(Buffer.concat([head, message]));
  return promise;
}

let next = 0;
let answered = 0;
async function worker(): Promise<void> {
  while (next < puts) if (await put(`k/${next++}`)) answered += 1;
}
await Promise.all(Array.from({ length: atATime }, worker));
connection.close();
console.log(`${answered} puts acknowledged, ${atATime} at a time`);
