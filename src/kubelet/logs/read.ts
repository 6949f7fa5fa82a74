// Reading a container's log file: from a place, to its end, and on while it grows.
// Invariant: whole lines only; growth is learnt from the folder's change events, never by looking again and again; memory is bounded by one block.
// Called by: server/logs.ts. Next on the way: format.ts.

import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type LogLine, parseLogLine } from "./format.ts";

export interface ReadLogOptions {
  readonly follow: boolean;
  /** Only the last so many lines. */
  readonly tailLines?: number;
  /** Only lines of this time or later, milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly signal: AbortSignal;
  /** Resolves when the container has ended and written its last line: following stops after what is there then. */
  readonly ended: Promise<void>;
}

const blockBytes = 64 * 1024;
/** A line beyond this is delivered in pieces. */
const lineLimitBytes = 1024 * 1024;

/** Offset at which the last `lines` lines begin. */
export async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  let position = (await file.stat()).size;
  const block = Buffer.alloc(blockBytes);
  // The line end at the very end of the file ends the last line; it does not begin another one.
  let wanted = lines + 1;
  if (lines === 0) return position;
  while (position > 0) {
    const length = Math.min(blockBytes, position);
    position -= length;
    await file.read(block, 0, length, position);
    for (let index = length - 1; index >= 0; index--) if (block[index] === 0x0a && --wanted === 0) return position + index + 1;
  }
  return 0;
}

/** Wakes whoever waits when the file has changed, the container has ended, or the reader goes. */
class Growth {
  #changed = false;
  #wake: (() => void) | undefined;
  ended = false;
  readonly #watcher: ReturnType<typeof watch>;

  constructor(path: string, options: ReadLogOptions) {
    const wake = (): void => {
      this.#changed = true;
      this.#wake?.();
    };
    this.#watcher = watch(path, wake);
    this.#watcher.on("error", wake);
    options.signal.addEventListener("abort", wake, { once: true });
    void options.ended.then(() => {
      this.ended = true;
      wake();
    });
  }

  async wait(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#watcher.close();
  }
}

export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<LogLine> {
  const file = await open(path, "r");
  const growth = options.follow ? new Growth(path, options) : undefined;
  try {
    let position = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines);
    // Not following, whoever asks for two lines gets two, also of a container that writes a third meanwhile.
    let left = options.follow ? Number.POSITIVE_INFINITY : (options.tailLines ?? Number.POSITIVE_INFINITY);
    let rest: Buffer = Buffer.alloc(0);
    const block = Buffer.alloc(blockBytes);
    while (left > 0 && !options.signal.aborted) {
      const last = growth?.ended ?? true;
      const { bytesRead } = await file.read(block, 0, blockBytes, position);
      position += bytesRead;
      if (bytesRead === 0) {
        if (last) return;
        await growth?.wait();
        continue;
      }
      rest = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(0x0a); end >= 0 && left > 0; end = rest.indexOf(0x0a)) {
        const line = parseLogLine(Buffer.from(rest.subarray(0, end + 1)));
        rest = rest.subarray(end + 1);
        if (line) left -= 1;
        if (line && (options.sinceMs === undefined || Date.parse(line.time) >= options.sinceMs)) yield line;
      }
      if (rest.length > lineLimitBytes) rest = Buffer.alloc(0);
    }
  } finally {
    growth?.close();
    await file.close();
  }
}
