// Who waits at a console socket: takes the one descriptor that comes, and is the person in front of that terminal.
// Invariant: everything it waits for has a bound; what it printed is what came out of the terminal, after one line about what was received.
// Called by: the cases, as `terminal SOCKET [ACTION…]` of prelude.sh. Next on the way: cases/terminal.txt.

import { once } from "node:events";
import { writeFileSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { openSyscalls } from "#linux";

const boundMs = Number(process.env["TRIES"]) * 40;
const [path = "", ...actions] = process.argv.slice(2);
const syscalls = openSyscalls();

const server = createServer({ pauseOnConnect: true });
const bound = setTimeout(() => {
  console.log("waited in vain at the terminal");
  process.exit(1);
}, boundMs);
// A socket is a file before anybody listens at it.
server.listen(path, () => writeFileSync(`${path}.ready`, ""));
const [connection] = (await once(server, "connection")) as [Socket & { _handle: { fd: number } }];
const socket = connection._handle.fd;
syscalls.pollReadable(socket, boundMs);
const { fd: master, text } = syscalls.receiveDescriptor(socket);
// Whoever sent it has closed: a second message would be readable, and so is the end, but the end has no descriptor.
syscalls.pollReadable(socket, boundMs);
let more = "one descriptor";
try {
  syscalls.receiveDescriptor(socket);
  more = "more than one descriptor";
} catch {
  // The end, as it should be.
}
console.log(more);
if (actions[0] === "named") console.log(text.replace(/\0*$/u, ""));
server.close();
connection.destroy();

let seen = "";
let heard: () => void = () => undefined;
const output = new ReadStream(master);
output.on("data", (chunk) => {
  seen += chunk.toString();
  heard();
});
// The last user of the other side has gone.
const ended = new Promise<void>((resolve) => output.once("close", resolve));
output.on("error", () => output.destroy());

const until = async (word: string): Promise<void> => {
  while (!seen.includes(word)) await new Promise<void>((resolve) => (heard = resolve));
};

for (const action of actions) {
  const [verb = "", ...rest] = action.split(" ");
  if (verb === "named") continue;
  if (verb === "told") await until(rest.join(" "));
  else if (verb === "size") syscalls.setTerminalSize(master, Number(rest[0]), Number(rest[1]));
  else if (verb === "type") writeSync(master, `${rest.join(" ")}\n`);
  else if (verb === "key") writeSync(master, Buffer.from([Number(rest[0])]));
  else throw new Error(`what is to be done at a terminal: ${action}?`);
}
await ended;
clearTimeout(bound);
process.stdout.write(seen);
