// Why a body could not be decoded, in the words of Go's encoding/json as a client of upstream reads them.
// Invariant: `message` is exactly what Go prints; `kind` tells what the API server has to say around it.
// Called by: scanner.ts, decode.ts, yaml.ts, proto. Next on the way: apiserver, which answers 400 with it.

/** syntax: not JSON at all. typeMeta: apiVersion or kind of the wrong type. value: JSON that does not fit the type. */
export type DecodeErrorKind = "syntax" | "typeMeta" | "value";

export class DecodeError extends Error {
  override name = "DecodeError";
  readonly kind: DecodeErrorKind;

  constructor(kind: DecodeErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export function unexpectedEnd(): DecodeError {
  return new DecodeError("syntax", "unexpected end of JSON input");
}

/** Go reads bytes, so what it calls a character is the first byte of one. */
export function invalidCharacter(text: string, at: number, where: string): DecodeError {
  const code = text.codePointAt(at) ?? 0;
  const byte = code < 0x80 ? code : (Buffer.from(String.fromCodePoint(code))[0] ?? 0);
  return new DecodeError("syntax", `invalid character ${quoteByte(byte)} ${where}`);
}

function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return "'\"'";
  return `'${goQuote(String.fromCharCode(byte)).slice(1, -1)}'`;
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** Go's strconv.Quote. */
export function goQuote(text: string): string {
  let out = '"';
  for (const character of text) {
    const short = shortEscapes.get(character);
    const code = character.codePointAt(0) ?? 0;
    if (short !== undefined) out += short;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (/[\p{C}\p{Z}]/u.test(character) && character !== " ") {
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    } else out += character;
  }
  return `${out}"`;
}

const summaryLength = 30;

/** The whole sentence that upstream answers with (400, BadRequest) when a body is no object of the wanted kind. */
export function describeDecodeError(error: DecodeError, body: Uint8Array, wantedKind: string, wantedVersion: string): string {
  if (error.kind === "value")
    return `${wantedKind} in version ${goQuote(wantedVersion)} cannot be handled as a ${wantedKind}: ${error.message}`;
  return `the object provided is unrecognized (must be of type ${wantedKind}): couldn't get version/kind; json parse error: ${error.message} (${summary(body)})`;
}

function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = Buffer.from(body.subarray(0, summaryLength));
  const more = body.length > summaryLength;
  if (body[0] === 0x7b) return more ? `${head.toString()} ...` : head.toString();
  return more ? `${head.toString("hex")} ...` : head.toString("hex");
}
