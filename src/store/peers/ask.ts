// Who is there? Asked by somebody who wants to join, or who wants to know before it founds.
// Invariant: changes nothing on the other side; bounded in time; nobody's answer is undefined, not an error.
// Called by: members/identity.ts. Next on the way: hello.ts.

import type { Clock } from "#lib";
import { dial, type PeerTls } from "./address.ts";
import { FrameReader, frameKinds, writeFrame } from "./frames.ts";
import { encodeHello, type Introduction } from "./hello.ts";

const answerMs = 2000;

export function askMember(url: string, tls: PeerTls | undefined, clock: Clock): Promise<Introduction | undefined> {
  return new Promise((resolve) => {
    const reader = new FrameReader();
    reader.limitBytes = 4 * 1024 * 1024;
    const hello = { cluster: "", from: 0, member: "", to: 0, purpose: "ask", urls: [] } as const;
    const socket = dial(url, tls, () => writeFrame(socket, frameKinds.hello, encodeHello(hello)));
    const late = clock.after(answerMs, () => socket.destroy());
    const end = (answer: Introduction | undefined): void => {
      late.cancel();
      socket.destroy();
      resolve(answer);
    };
    socket.on("error", () => end(undefined));
    socket.once("close", () => end(undefined));
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { kind, payload } of reader.push(chunk))
          end(kind === frameKinds.welcome ? (JSON.parse(payload.toString("utf8")) as Introduction) : undefined);
      } catch {
        end(undefined);
      }
    });
  });
}
