// Newline-delimited JSON out of chunks that may end anywhere, also in the middle of a character.
// Invariant: every complete line is yielded exactly once and in order; a last line without its newline is dropped as torn.
// Called by: typed.ts for watches. Next on the way: reflector.ts, which lives on such a stream.

import { deepFreeze } from "./indexer.ts";

const newline = 0x0a;

/** A line beyond this is no watch event: the stream is refused instead of eating the heap. */
const lineLimitBytes = 64 * 1024 * 1024;

export type ParseLine = (line: Uint8Array) => unknown;

const text = (line: Uint8Array): string => Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8");
const parseJson: ParseLine = (line) => JSON.parse(text(line)) as unknown;
const space = 0x20;

/** Only blanks: no event. */
function isBlank(line: Uint8Array): boolean {
  for (const byte of line) if (byte > space) return false;
  return true;
}

export async function* jsonLines(chunks: AsyncIterable<Uint8Array>, parse = parseJson): AsyncGenerator<unknown> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    // Within a process a chunk is a line, and the very bytes that another watch was given too.
    if (pendingBytes === 0 && chunk.indexOf(newline) === chunk.length - 1) {
      if (!isBlank(chunk)) yield parse(chunk);
      continue;
    }
    let start = 0;
    for (let end = chunk.indexOf(newline, start); end >= 0; end = chunk.indexOf(newline, start)) {
      const last = chunk.subarray(start, end);
      const line = pending.length === 0 ? last : Buffer.concat([...pending, last]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (!isBlank(line)) yield parse(line);
    }
    if (start === chunk.length) continue;
    pendingBytes += chunk.length - start;
    if (pendingBytes > lineLimitBytes) throw new RangeError(`a line of a watch exceeds ${lineLimitBytes} bytes`);
    pending.push(chunk.subarray(start));
  }
}

const rememberedLines = 512;

/**
 * For watches that are handed the same bytes: each line is parsed once, and its object shared, frozen.
 * Field ownership is left out, as every informer leaves it out. Remembers the newest lines only: those who share them read at about the same time.
 */
export function sharedLines(): ParseLine {
  const remembered = new Map<Uint8Array, unknown>();
  return (line) => {
    const known = remembered.get(line);
    if (known !== undefined) return known;
    const event = parseJson(line) as { object?: { metadata?: { managedFields?: unknown } } };
    if (event.object?.metadata) delete event.object.metadata.managedFields;
    deepFreeze(event);
    remembered.set(line, event);
    if (remembered.size > rememberedLines) remembered.delete(remembered.keys().next().value!);
    return event;
  };
}
