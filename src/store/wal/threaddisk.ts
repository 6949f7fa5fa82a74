// The machine's disk: writes and syncs on a thread of its own. Made right here: readings, what comes before that thread is awake, a write that is alone.
// Invariant: answers come in the order of calls; a thread that dies fails every call, now and later.
// Called by: open.ts. Next on the way: diskchannel.ts, then diskcalls.ts.

import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Clock, macrotask } from "#lib";
import { type Disk, DiskError, type DiskFile } from "./disk.ts";
import { type Answer, answerTo, type Call } from "./diskcalls.ts";
import { AskingSide, newBoard } from "./diskchannel.ts";
import type { InPlace } from "./inplace.ts";

interface Waiter {
  readonly call: Call;
  readonly resolve: (fd: number) => void;
  readonly reject: (error: DiskError) => void;
}

export class ThreadDisk implements Disk {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #inPlace: Pick<InPlace, "may" | "took"> | undefined;
  readonly #worker: Worker;
  readonly #channel: AskingSide;
  /** The first is with the thread. */
  readonly #waiting: Waiter[] = [];
  #dead: string | undefined;
  #awake = false;
  /** The next append is. */
  #alone = false;

  /** Starts the thread. It wakes up in some 40 ms; nobody waits for it, since at the start nobody is served yet either. */
  constructor(directory: string, clock: Clock, inPlace?: Pick<InPlace, "may" | "took">) {
    this.#directory = directory;
    this.#clock = clock;
    this.#inPlace = inPlace;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // The published package holds stripped .js beside no .ts.
    const script = new URL(import.meta.url.endsWith(".ts") ? "./diskthread.ts" : "./diskthread.js", import.meta.url);
    // A file may be opened here and closed there, so the thread must not count its own.
    const board = newBoard();
    this.#worker = new Worker(script, { workerData: { directory, board }, name: "store-disk", trackUnmanagedFds: false });
    this.#channel = new AskingSide(board, (memory) => this.#worker.postMessage(memory));
    // The one message it ever sends.
    this.#worker.once("message", () => {
      this.#awake = true;
    });
    this.#worker.on("error", (error) => this.#died(error instanceof Error ? error.message : String(error)));
    this.#worker.on("exit", () => this.#died("the disk thread is gone"));
    this.#worker.unref();
  }

  allocate(bytes: number): Buffer {
    return Buffer.from(new SharedArrayBuffer(bytes));
  }

  /** From now on the thread makes the calls. */
  get awake(): boolean {
    return this.#awake;
  }

  alone(): void {
    this.#alone = true;
  }

  list(): Promise<readonly string[]> {
    return this.#here("readdir", "", () => readdirSync(this.#directory));
  }

  size(name: string): Promise<number> {
    return this.#here("stat", name, () => statSync(join(this.#directory, name)).size);
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#here("read", name, () => {
      const fd = openSync(join(this.#directory, name), "r");
      try {
        const buffer = Buffer.allocUnsafeSlow(length);
        let got = 0;
        while (got < length) {
          const count = readSync(fd, buffer, got, length - got, offset + got);
          if (count === 0) break;
          got += count;
        }
        return buffer.subarray(0, got);
      } finally {
        closeSync(fd);
      }
    });
  }

  create(name: string): Promise<DiskFile> {
    return this.#call({ call: "create", name }).then((fd) => this.#file(fd));
  }

  open(name: string): Promise<DiskFile> {
    return this.#call({ call: "open", name }).then((fd) => this.#file(fd));
  }

  async truncate(name: string, bytes: number): Promise<void> {
    await this.#call({ call: "truncate", name, bytes });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call({ call: "rename", from, to });
  }

  async remove(name: string): Promise<void> {
    await this.#call({ call: "remove", name });
  }

  async syncDirectory(): Promise<void> {
    await this.#call({ call: "syncDirectory" });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #file(fd: number): DiskFile {
    return {
      append: async (bytes, { sync }) => {
        const alone = this.#alone;
        this.#alone = false;
        const here = sync && (this.#inPlace?.may(alone, bytes.length) ?? false);
        await this.#call({ call: "append", fd, bytes, sync }, here);
      },
      close: async () => {
        await this.#call({ call: "close", fd });
      },
    };
  }

  /** `here`: it may hold up the loop; not before its turn. */
  #call(call: Call, here = false): Promise<number> {
    return new Promise((resolve, reject) => {
      const waiter = { call, resolve, reject };
      if (this.#dead !== undefined) return refuse(waiter, this.#dead);
      if (!this.#awake) {
        // Made now, answered in another macrotask: else a chain of calls would never let the thread say that it is awake.
        const answer = answerTo(this.#directory, call, this.#clock);
        void macrotask().then(() => this.#settle(waiter, answer));
        return;
      }
      if (here && this.#waiting.length === 0) return this.#settle(waiter, answerTo(this.#directory, call, this.#clock));
      if (this.#waiting.push(waiter) === 1) void this.#ask();
    });
  }

  /** One after the other, until nobody waits. */
  async #ask(): Promise<void> {
    // A write on its way keeps the process alive, an idle thread does not.
    this.#worker.ref();
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const answer = await this.#channel.ask(next.call);
      // Whoever waited for a thread that has died was told so already.
      if (this.#dead !== undefined) return;
      this.#waiting.shift();
      this.#settle(next, answer);
    }
    this.#worker.unref();
  }

  #settle(waiter: Waiter, answer: Answer): void {
    if ("errno" in answer) return refuse(waiter, answer.errno);
    if (waiter.call.call === "append" && waiter.call.sync) this.#inPlace?.took(answer.ms);
    waiter.resolve(answer.fd);
  }

  #died(reason: string): void {
    this.#dead ??= reason;
    for (const waiter of this.#waiting.splice(0)) refuse(waiter, this.#dead);
  }

  /** Readings are made at once: they happen before the store serves anybody. */
  #here<Value>(call: string, name: string, run: () => Value): Promise<Value> {
    try {
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(new DiskError(call, name, (error as NodeJS.ErrnoException).code ?? String(error)));
    }
  }
}

function refuse(waiter: Waiter, errno: string): void {
  const { call } = waiter;
  const name = "name" in call ? call.name : "from" in call ? call.from : "fd" in call ? `file ${call.fd}` : "the folder";
  waiter.reject(new DiskError(call.call, name, errno));
}
