// Values with a text form of their own: times, durations, base64; checked and brought into the form that upstream writes back.
// Invariant: what these return is canonical; what they refuse, they refuse in Go's words.
// Called by: decode.ts and the protobuf codec. Next on the way: quantity.ts.

import { DecodeError, goQuote } from "./errors.ts";

const rfc3339Layout = "2006-01-02T15:04:05Z07:00";
const microLayout = "2006-01-02T15:04:05.000000Z07:00";

/** The forms that everybody writes; only dates that every month has are let through unparsed. */
const canonical = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const canonicalMicro = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/** RFC 3339 in any zone, with or without a fraction → UTC, whole seconds. */
export function canonicalTime(text: string): string {
  if (canonical.test(text)) return text;
  const { seconds } = parseTime(text, rfc3339Layout);
  return formatSeconds(seconds);
}

/** The same with six decimals. */
export function canonicalMicroTime(text: string): string {
  if (canonicalMicro.test(text)) return text;
  const { seconds, nanos } = parseTime(text, microLayout);
  return formatMicro(seconds, nanos);
}

export function formatSeconds(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}

export function formatMicro(seconds: number, nanos: number): string {
  const micros = Math.floor(nanos / 1000);
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${String(micros).padStart(6, "0")}Z`;
}

/** The pieces of the layout in order, with what each must look like. */
const pieces: readonly (readonly [layout: string, pattern: RegExp])[] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d\d/],
  ["-", /^-/],
  ["02", /^\d\d/],
  ["T", /^T/],
  ["15", /^\d\d?/],
  [":", /^:/],
  ["04", /^\d\d/],
  [":", /^:/],
  ["05", /^\d\d/],
];

export function parseTime(text: string, layout: string = rfc3339Layout): { seconds: number; nanos: number } {
  const cannot = (rest: string, piece: string): DecodeError =>
    new DecodeError("value", `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(piece)}`);
  const outOfRange = (what: string): DecodeError => new DecodeError("value", `parsing time ${goQuote(text)}: ${what} out of range`);
  let rest = text;
  const numbers: number[] = [];
  for (const [piece, pattern] of pieces) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) throw cannot(rest, piece);
    if (piece.length > 1) numbers.push(Number(found));
    rest = rest.slice(found.length);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  if (month < 1 || month > 12) throw outOfRange("month");
  const fraction = /^[.,](\d+)/.exec(rest);
  if (layout === microLayout && fraction?.[1]?.length !== 6) {
    throw cannot(rest, ".000000");
  }
  if (fraction !== null) rest = rest.slice(fraction[0].length);
  const zone = /^(Z|([+-])(\d\d):(\d\d))/.exec(rest);
  if (zone === null) throw cannot(rest, "Z07:00");
  rest = rest.slice(zone[0].length);
  if (rest !== "") throw new DecodeError("value", `parsing time ${goQuote(text)}: extra text: ${goQuote(rest)}`);
  if (hour > 23) throw outOfRange("hour");
  if (minute > 59) throw outOfRange("minute");
  if (second > 59) throw outOfRange("second");
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) throw outOfRange("day");
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  const offset = zone[2] === undefined ? 0 : (Number(zone[3]) * 60 + Number(zone[4])) * (zone[2] === "-" ? -60 : 60);
  return { seconds: at.getTime() / 1000 - offset, nanos: Number((fraction?.[1] ?? "0").slice(0, 9).padEnd(9, "0")) };
}

/** Go reads over line ends inside base64 and writes it back without them. */
export function canonicalBase64(text: string): string {
  const plain = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, "") : text;
  const body = /^[A-Za-z0-9+/]*/.exec(plain)?.[0].length ?? 0;
  const padding = plain.length - body;
  const fine =
    plain.length % 4 === 0 && (padding === 0 || (padding === 1 && plain.endsWith("=")) || (padding === 2 && plain.endsWith("==")));
  if (!fine) throw new DecodeError("value", `illegal base64 data at input byte ${illegalByte(plain, body)}`);
  // Stray bits behind the last byte are dropped.
  return padding === 0 ? plain : plain.slice(0, -4) + Buffer.from(plain.slice(-4), "base64").toString("base64");
}

function illegalByte(text: string, body: number): number {
  // Go points at the quantum that lacks something when the text just ends, else at the character that does not belong.
  if (body === text.length) return body;
  return text[body] === "=" && body % 4 >= 2 ? text.length : body;
}

const units: readonly (readonly [string, bigint])[] = [
  ["ns", 1n],
  ["us", 1000n],
  ["µs", 1000n],
  ["μs", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
];

/** Go's duration text (`1h30m`, `1.5s`) → nanoseconds. */
export function parseDuration(text: string): bigint {
  const match = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) throw new DecodeError("value", `time: invalid duration ${goQuote(text)}`);
  let total = 0n;
  for (const [, number = "", unit = ""] of (match[2] ?? "").matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    const [whole = "", fraction = ""] = number.split(".");
    const size = units.find(([name]) => name === unit)?.[1] ?? 0n;
    total += BigInt(whole === "" ? "0" : whole) * size + (BigInt(fraction === "" ? "0" : fraction) * size) / 10n ** BigInt(fraction.length);
  }
  return match[1] === "-" ? -total : total;
}

export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const decimal = (size: bigint, unit: string): string => {
    const fraction = String(value % size)
      .padStart(String(size).length - 1, "0")
      .replace(/0+$/, "");
    return `${sign}${value / size}${fraction === "" ? "" : `.${fraction}`}${unit}`;
  };
  if (value < 1000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return decimal(1000n, "µs");
  if (value < 1_000_000_000n) return decimal(1_000_000n, "ms");
  const seconds = value / 1_000_000_000n;
  const fraction = String(value % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const tail = `${seconds % 60n}${fraction === "" ? "" : `.${fraction}`}s`;
  const minutes = seconds / 60n;
  if (minutes === 0n) return `${sign}${tail}`;
  return minutes < 60n ? `${sign}${minutes}m${tail}` : `${sign}${minutes / 60n}h${minutes % 60n}m${tail}`;
}
