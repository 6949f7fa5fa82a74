// A server that answers one line to a visitor. Told `half-open`, it does not close its side when the visitor has closed his: nobody calls `end`.
// Invariant: a line in `gone` for each visitor who has left, written when everything has been done about it that ever will be.
// Called by: serve.sh. Next on the way: lab.md beside it.

import { appendFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

const halfOpen = process.argv[2] === "half-open";
const server = createServer({ allowHalfOpen: halfOpen }, (socket) => {
  socket.on("data", () => socket.write("ahoy\n"));
  socket.on(halfOpen ? "end" : "close", () => appendFileSync("gone", "one has left\n"));
  socket.on("error", () => undefined);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  writeFileSync("ready", `SERVER=${process.pid}\nPORT=${port}\n`);
});
