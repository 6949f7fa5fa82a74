// Newline-delimited JSON out of chunks that may end anywhere, also in the middle of a character.
// Invariant: every complete line is yielded exactly once and in order; a last line without its newline is dropped as torn.
// Called by: typed.ts for watches. Next on the way: reflector.ts, which lives on such a stream.

const newline = 0x0a;

/** A line beyond this is no watch event: the stream is refused instead of eating the heap. */
const lineLimitBytes = 64 * 1024 * 1024;

export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline, start); end >= 0; end = chunk.indexOf(newline, start)) {
      pending.push(chunk.subarray(start, end));
      const line = Buffer.concat(pending).toString("utf8");
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.trim() !== "") yield JSON.parse(line);
    }
    if (start === chunk.length) continue;
    pendingBytes += chunk.length - start;
    if (pendingBytes > lineLimitBytes) throw new RangeError(`a line of a watch exceeds ${lineLimitBytes} bytes`);
    pending.push(chunk.subarray(start));
  }
}
