// When each pod was first seen, and when it was first seen running: one watch, read as bytes.
// Invariant: nothing is parsed: the watcher shares two cores with what it measures and must cost next to nothing.
// Called by: scale.ts. Next on the way: apiserver/watch.ts at the other end.

import type { HttpsTransport } from "#client";

const newline = 0x0a;
const running = Buffer.from('"phase":"Running"');
const nameStart = Buffer.from('"name":"');

export class PodTimes {
  readonly #abort = new AbortController();
  readonly #created = new Map<string, number>();
  readonly latencies: number[] = [];
  readonly watching: Promise<void>;
  #wanted: { count: number; resolve: () => void } | undefined;
  #failed: (error: unknown) => void = () => undefined;

  constructor(transport: HttpsTransport) {
    const opened = Promise.withResolvers<void>();
    this.watching = opened.promise;
    this.#follow(transport, opened.resolve).catch((error: unknown) => {
      opened.reject(error);
      if (!this.#abort.signal.aborted) this.#failed(error);
    });
  }

  get count(): number {
    return this.latencies.length;
  }

  async #follow(transport: HttpsTransport, opened: () => void): Promise<void> {
    const target = "/api/v1/namespaces/default/pods?watch=true&resourceVersion=0&timeoutSeconds=3600";
    const { status, body } = await transport.request({ method: "GET", target, signal: this.#abort.signal });
    if (status !== 200) throw new Error(`watching pods: ${status}`);
    opened();
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of body) {
      const now = performance.now();
      let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        this.#line(bytes.subarray(start, end), now);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
    throw new Error("the watch of pods ended");
  }

  #line(line: Buffer, now: number): void {
    const from = line.indexOf(nameStart) + nameStart.length;
    const name = line.toString("latin1", from, line.indexOf(0x22, from));
    const createdMs = this.#created.get(name);
    if (createdMs === undefined) this.#created.set(name, now);
    else if (createdMs >= 0 && line.indexOf(running) >= 0) {
      this.#created.set(name, -1);
      this.latencies.push(now - createdMs);
      if (this.#wanted && this.count >= this.#wanted.count) this.#wanted.resolve();
    }
  }

  until(count: number, deadlineMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.count} of ${count} pods run after ${deadlineMs} ms`)), deadlineMs);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        finish();
      };
      this.#failed = (error) => settle(() => reject(error));
      this.#wanted = { count, resolve: () => settle(resolve) };
      if (this.count >= count) this.#wanted.resolve();
    });
  }

  close(): void {
    this.#abort.abort();
  }
}
