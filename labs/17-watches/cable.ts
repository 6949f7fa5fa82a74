// A network cable with a switch: whatever connects to its port is joined to the store, until somebody pulls the plug.
// Invariant: SIGUSR1 pulls it, and every connection breaks at once; SIGUSR2 puts it back. It never looks at the bytes.
// Called by: cable.sh beside it. Next on the way: lab.md.

import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

const [store = "", name = "cable"] = process.argv.slice(2);
const [host = "127.0.0.1", port = "2379"] = store.split(":");
const ends = new Set<Socket>();
let plugged = true;

function keep(socket: Socket, other: Socket): void {
  ends.add(socket);
  socket.once("close", () => {
    ends.delete(socket);
    other.destroy();
  });
  socket.on("error", () => undefined);
}

const server = createServer((near) => {
  if (!plugged) return near.resetAndDestroy();
  const far = connect(Number(port), host);
  keep(near, far);
  keep(far, near);
  near.pipe(far);
  far.pipe(near);
});

process.on("SIGUSR1", () => {
  plugged = false;
  for (const end of ends) end.resetAndDestroy();
  writeFileSync(`${name}.state`, "pulled\n");
});
process.on("SIGUSR2", () => {
  plugged = true;
  writeFileSync(`${name}.state`, "plugged in\n");
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") writeFileSync(`${name}.address`, `127.0.0.1:${address.port}\n`);
  writeFileSync(`${name}.state`, "plugged in\n");
});
