// JSON for people: the same bytes with line breaks and two spaces of indentation.
// Invariant: no token changes; empty objects and arrays stay on one line.
// Called by: output.ts for callers that type by hand. Next on the way: the socket.

export function prettyJson(compact: Buffer): Buffer {
  const text = compact.toString("utf8");
  let out = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      let end = at + 1;
      while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      out += text.slice(at, end + 1);
      at = end;
    } else if (character === "{" || character === "[") {
      const closing = text[at + 1];
      if (closing === "}" || closing === "]") {
        out += character + closing;
        at++;
      } else {
        depth++;
        out += character + line();
      }
    } else if (character === "}" || character === "]") {
      depth--;
      out += line() + character;
    } else if (character === ",") out += `,${line()}`;
    else out += character === ":" ? ": " : character;
  }
  return Buffer.from(out);
}
