// Visitors who come, hear the answer, and hang up: `node visitors.ts PORT COUNT`.
// Invariant: ends when every visitor has closed his side; what the server does then is the server's business.
// Called by: visits.sh. Next on the way: server.ts.

import { once } from "node:events";
import { connect } from "node:net";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
for (let visitor = 0; visitor < count; visitor++) {
  const socket = connect(port, "127.0.0.1");
  socket.write("hello\n");
  await once(socket, "data");
  socket.destroy();
  await once(socket, "close");
}
