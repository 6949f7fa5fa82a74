// How calls reach the disk's thread and answers come back: shared memory and two counters, one call at a time.
// Invariant: the counter of calls moves after the call is written, that of answers after the answer is: each side reads what is whole.
// Called by: threaddisk.ts on the asking side, diskthread.ts on the other. A message between threads would cost more than the write
// it asks for: three copies, two event loops. Next on the way: diskcalls.ts.

import { assert } from "#lib";
import type { Answer, Call } from "./diskcalls.ts";

const words = { asked: 0, answered: 1, kind: 2, fd: 3, memory: 4, offset: 5, length: 6, sync: 7, errno: 8, micros: 9 } as const;
const kinds = { append: 0, other: 1 } as const;
const wordBytes = 64;
/** For the names in a call, and for an errno. */
const textBytes = 4096;

/** Memory that both sides have, under a number: it is shown to the other side once, not with each call. */
export interface SharedMemory {
  readonly id: number;
  readonly memory: SharedArrayBuffer;
}

/** As many as are known at a time: a log's and a snapshot's, each while it grows. */
const knownMemories = 4;

class Board {
  readonly words: Int32Array;
  readonly #text: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, wordBytes / 4);
    this.#text = Buffer.from(memory, wordBytes, textBytes);
  }

  get(word: keyof typeof words): number {
    return this.words[words[word]]!;
  }

  set(word: keyof typeof words, value: number): void {
    this.words[words[word]] = value;
  }

  write(text: string): number {
    const length = Buffer.byteLength(text);
    assert(length <= textBytes, "a call to the disk fits on the board");
    return this.#text.write(text);
  }

  read(length: number): string {
    return this.#text.toString("utf8", 0, length);
  }
}

export const newBoard = (): SharedArrayBuffer => new SharedArrayBuffer(wordBytes + textBytes);

export class AskingSide {
  readonly #board: Board;
  readonly #show: (memory: SharedMemory) => void;
  #memories: SharedMemory[] = [];
  #lastId = 0;
  #asked = 0;

  /** `show` hands memory to the other side. */
  constructor(board: SharedArrayBuffer, show: (memory: SharedMemory) => void) {
    this.#board = new Board(board);
    this.#show = show;
  }

  /** The call before must have been answered. */
  async ask(call: Call): Promise<Answer> {
    const board = this.#board;
    if (call.call === "append") {
      const { buffer } = call.bytes;
      const shared = buffer instanceof SharedArrayBuffer;
      const bytes = shared ? call.bytes : new Uint8Array(new SharedArrayBuffer(call.bytes.length));
      if (!shared) bytes.set(call.bytes);
      board.set("kind", kinds.append);
      board.set("fd", call.fd);
      board.set("memory", this.#idOf(bytes.buffer as SharedArrayBuffer));
      board.set("offset", bytes.byteOffset);
      board.set("length", bytes.length);
      board.set("sync", call.sync ? 1 : 0);
    } else {
      board.set("kind", kinds.other);
      board.set("length", board.write(JSON.stringify(call)));
    }
    const before = this.#asked;
    this.#asked = (before + 1) | 0;
    Atomics.store(board.words, words.asked, this.#asked);
    Atomics.notify(board.words, words.asked);
    const answered = Atomics.waitAsync(board.words, words.answered, before);
    if (answered.async) await answered.value;
    const errno = board.get("errno");
    return errno > 0 ? { errno: board.read(errno) } : { fd: board.get("fd"), ms: board.get("micros") / 1000 };
  }

  #idOf(memory: SharedArrayBuffer): number {
    const known = this.#memories.find((one) => one.memory === memory);
    if (known) return known.id;
    const added = { id: ++this.#lastId, memory };
    this.#memories = [...this.#memories.slice(1 - knownMemories), added];
    this.#show(added);
    return added.id;
  }
}

/** Answers calls for ever; `shown` gives the next memory that the asking side has shown. */
export function answerCalls(board: SharedArrayBuffer, shown: () => SharedMemory | undefined, answer: (call: Call) => Answer): never {
  const here = new Board(board);
  const memories = new Map<number, SharedArrayBuffer>();
  for (let done = 0; ; ) {
    Atomics.wait(here.words, words.asked, done);
    const asked = Atomics.load(here.words, words.asked);
    if (asked === done) continue;
    done = asked;
    const result = answer(callOn(here, memories, shown));
    if ("errno" in result) here.set("errno", here.write(result.errno));
    else {
      here.set("errno", 0);
      here.set("fd", result.fd);
      here.set("micros", result.ms * 1000);
    }
    Atomics.store(here.words, words.answered, done);
    Atomics.notify(here.words, words.answered);
  }
}

function callOn(board: Board, memories: Map<number, SharedArrayBuffer>, shown: () => SharedMemory | undefined): Call {
  if (board.get("kind") === kinds.other) return JSON.parse(board.read(board.get("length"))) as Call;
  const id = board.get("memory");
  while (!memories.has(id)) {
    const added = shown();
    assert(added, "memory is shown before it is used");
    memories.set(added.id, added.memory);
    memories.delete(added.id - knownMemories);
  }
  const bytes = new Uint8Array(memories.get(id)!, board.get("offset"), board.get("length"));
  return { call: "append", fd: board.get("fd"), bytes, sync: board.get("sync") === 1 };
}
