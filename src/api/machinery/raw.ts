// JSON text that nobody may touch: RawExtension, FieldsV1, defaults in a schema.
// Invariant: `text` is one JSON value, byte for byte what came in; white space between tokens goes when it is written as JSON.
// Made by: codec/decode.ts, or by whoever has a value at hand (RawJson.of). Next on the way: codec/encode.ts writes it back.

export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For values that we made ourselves; what came from outside is never parsed and written again. */
  static of(value: unknown): RawJson {
    return new RawJson(JSON.stringify(value));
  }

  /** A fresh value each time. Integers beyond 2^53 lose digits here, and only here. */
  parse(): unknown {
    return JSON.parse(this.text);
  }

  /** So that JSON.stringify of an object that holds one still tells the truth (log lines, tests). */
  toJSON(): unknown {
    return this.parse();
  }
}
