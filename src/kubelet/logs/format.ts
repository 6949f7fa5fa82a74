// Lines of CRI's log format: time, stream, tag, text.
// Invariant: pure; the text's bytes are passed on as they are, a partial line (`P`) without a line end.
// Called by: read.ts. Next on the way: read.ts. Format: CRI logging, one line per write of the container.

export interface LogLine {
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** With its line end, unless the container had not ended the line yet. */
  readonly text: Buffer;
}

const space = 0x20;

/** undefined: not a line of this format, such as one cut off by a crash. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = line.toString("latin1", first + 1, second);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const partial = line
    .toString("latin1", second + 1, third)
    .split(":")
    .includes("P");
  const end = line.at(-1) === 0x0a ? line.length : undefined;
  const text = partial && end !== undefined ? line.subarray(third + 1, end - 1) : line.subarray(third + 1);
  return { time: line.toString("latin1", 0, first), stream, text };
}
