// The canonical text of a quantity: what upstream writes back for what came in (`1000m` → `1`, `0.5` → `500m`, `1024Ki` → `1Mi`).
// Invariant: exact integers of billionths, rounded away from zero, capped at ±(2^63−1) as upstream does; no floating point.
// Called by: decode.ts, for every Quantity of a body. Next on the way: meta/quantity.ts, which reckons with them.

import { DecodeError } from "./errors.ts";

type Format = "decimal" | "exponent" | "binary";

const nano = 1_000_000_000n;
const decimalSuffixes = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const decimalByExponent = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const cap = (2n ** 63n - 1n) * nano;

function wrong(message: string): DecodeError {
  return new DecodeError("value", message);
}

/** Already canonical, and by far the most common: small whole numbers, milli and Mi that nothing divides. */
function isPlain(text: string): boolean {
  return /^(0|[1-9]\d{0,2}(m|Mi|Gi|Ki)?)$/.test(text);
}

export function canonicalQuantity(text: string): string {
  if (isPlain(text)) return text;
  const match = /^([+-]?)0*([0-9]*)\.?([0-9]*)([eEinumkKMGTP]*)([-+]?)([0-9]*)$/.exec(text);
  if (match === null || text === "") {
    throw wrong("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  const [, sign = "", whole = "", fraction = "", letters = "", expSign = "", expDigits = ""] = match;
  const { format, base, exponent } = suffixOf(letters, expSign + expDigits);
  if (keepsText(whole, fraction, format, exponent)) return text;
  let scaled = scale(BigInt(`0${whole}${fraction}`), base, exponent, fraction.length);
  if (format === "binary" && scaled > cap) scaled = cap;
  const below1 = format === "binary" && scaled < nano;
  return print(sign === "-" ? -scaled : scaled, below1 ? "decimal" : format);
}

/** Upstream's short cut: what looks canonical and fits 64 bits is written back as it came, sign and leading zeros included. */
function keepsText(whole: string, fraction: string, format: Format, exponent: number): boolean {
  const digits = (whole === "" ? "0" : whole) + fraction;
  if (format === "binary") {
    const precision = 14 - digits.length - Math.floor((exponent * 3) / 10);
    return fraction === "" && precision >= 0 && Number(digits) % 8 !== 0;
  }
  const places = exponent - fraction.length;
  return digits.length <= 18 && places >= -9 && places % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
}

function suffixOf(letters: string, digits: string): { format: Format; base: 2 | 10; exponent: number } {
  if (/^[eE]$/.test(letters) && /^[-+]?\d+$/.test(digits)) return { format: "exponent", base: 10, exponent: Number(digits) };
  const decimal = decimalSuffixes.get(letters);
  const binary = binarySuffixes.indexOf(letters);
  if (digits !== "" || (decimal === undefined && binary < 0)) throw wrong("unable to parse quantity's suffix");
  return decimal !== undefined ? { format: "decimal", base: 10, exponent: decimal } : { format: "binary", base: 2, exponent: binary * 10 };
}

/** digits × base^exponent × 10^−places, in billionths, rounded up: whoever asks for something gets something. */
function scale(digits: bigint, base: 2 | 10, exponent: number, places: number): bigint {
  let numerator = digits * nano;
  let denominator = 10n ** BigInt(places);
  // Beyond the cap or below a billionth, the exact power does not matter any more.
  const power = BigInt(Math.min(Math.abs(exponent), 1000));
  if (exponent >= 0) numerator *= BigInt(base) ** power;
  else denominator *= BigInt(base) ** power;
  return (numerator + denominator - 1n) / denominator;
}

function print(value: bigint, format: Format): string {
  const magnitude = value < 0n ? -value : value;
  // Never round: what is no whole number of bytes is told in thousandths.
  if (format === "binary" && magnitude >= 1024n * nano && value % nano === 0n) return printBinary(value);
  if (value === 0n) return "0";
  let mantissa = value;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (exponent < 18 || format === "exponent")) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === "exponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalByExponent.get(exponent) ?? ""}`;
}

function printBinary(value: bigint): string {
  let mantissa = value / nano;
  let step = 0;
  while (mantissa % 1024n === 0n && step < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${binarySuffixes[step]}`;
}
