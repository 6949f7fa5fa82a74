// Amounts of resources: 500m, 1.5, 64Mi, 12e6.
// Invariant: exact; a value is a whole number of billionths held in a bigint; what is finer is rounded away from zero, as upstream does.
// The printed form is upstream's: no fraction, the largest exponent that loses nothing, in the family of suffixes it was written in.
// Called by: scheduler, controllers, kinds (defaults, validation), printing. Next on the way: kinds/podtemplate.ts.

type Format = "decimalSI" | "decimalExponent" | "binarySI";

export class QuantityError extends Error {
  override name = "QuantityError";
}

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
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
const binarySuffixes: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const nano = 1_000_000_000n;
const maxBinary = (1n << 63n) - 1n;

interface Suffix {
  readonly format: Format;
  /** Of ten, or of two for binarySI. */
  readonly exponent: number;
}

function interpretSuffix(suffix: string): Suffix | undefined {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { format: "decimalSI", exponent: decimal };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { format: "binarySI", exponent: binary * 10 };
  const exponent = /^[eE]([-+]?[0-9]+)$/.exec(suffix);
  return exponent ? { format: "decimalExponent", exponent: Number(exponent[1]) } : undefined;
}

/** Upstream keeps the writer's own text where it is near enough to canonical. */
function keepsText(whole: string, fraction: string, { format, exponent }: Suffix): boolean {
  const shifted = whole + fraction;
  if (format === "binarySI") {
    const digitsLeft = 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1;
    return fraction === "" && digitsLeft >= 0 && (BigInt(whole) & 7n) !== 0n;
  }
  const scale = exponent - fraction.length;
  return 18 - shifted.length >= 0 && scale >= -9 && scale % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0");
}

function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return quotient * divisor === value ? quotient : quotient + 1n;
}

export class Quantity {
  /** Billionths. */
  readonly #nanos: bigint;
  readonly #format: Format;
  readonly #text: string | undefined;

  private constructor(nanos: bigint, format: Format, text?: string) {
    this.#nanos = nanos;
    this.#format = format;
    this.#text = text;
  }

  static readonly zero = new Quantity(0n, "decimalSI");

  static parse(text: string | number): Quantity {
    const source = String(text);
    const found = /^([+-]?)([0-9]*)(\.[0-9]*)?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(source);
    if (source === "" || !found) {
      throw new QuantityError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    const whole = (found[2] ?? "").replace(/^0+/, "") || "0";
    const fraction = (found[3] ?? "").slice(1);
    const suffix = interpretSuffix(found[4] ?? "");
    if (!suffix || Math.abs(suffix.exponent) > 1000) throw new QuantityError("unable to parse quantity's suffix");
    // No digit at all counts as zero, as upstream reads it.
    const digits = BigInt(whole + fraction);
    const scaled = suffix.format === "binarySI" ? digits << BigInt(suffix.exponent) : digits;
    const tens = (suffix.format === "binarySI" ? 0 : suffix.exponent) - fraction.length + 9;
    let nanos = tens >= 0 ? scaled * 10n ** BigInt(tens) : divideUp(scaled, 10n ** BigInt(-tens));
    if (suffix.format === "binarySI" && nanos > maxBinary * nano) nanos = maxBinary * nano;
    const format = suffix.format === "binarySI" && nanos < nano ? "decimalSI" : suffix.format;
    const keep = digits !== 0n && keepsText(whole, fraction, suffix);
    return new Quantity(found[1] === "-" ? -nanos : nanos, format, keep ? source : undefined);
  }

  static fromMilli(milli: bigint | number): Quantity {
    return new Quantity(BigInt(milli) * 1_000_000n, "decimalSI");
  }

  static fromInteger(value: bigint | number): Quantity {
    return new Quantity(BigInt(value) * nano, "decimalSI");
  }

  /** A sum is printed in the family of its first part that is not zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.#nanos + other.#nanos, this.#nanos === 0n ? other.#format : this.#format);
  }

  sub(other: Quantity): Quantity {
    return new Quantity(this.#nanos - other.#nanos, this.#nanos === 0n ? other.#format : this.#format);
  }

  cmp(other: Quantity): -1 | 0 | 1 {
    if (this.#nanos === other.#nanos) return 0;
    return this.#nanos < other.#nanos ? -1 : 1;
  }

  get isZero(): boolean {
    return this.#nanos === 0n;
  }

  get sign(): -1 | 0 | 1 {
    return this.cmp(Quantity.zero);
  }

  get isInteger(): boolean {
    return this.#nanos % nano === 0n;
  }

  /** Thousandths, rounded away from zero: what a scheduler counts. */
  milli(): bigint {
    return this.#ceil(1_000_000n);
  }

  /** Whole units, rounded away from zero: bytes. */
  value(): bigint {
    return this.#ceil(nano);
  }

  toNumber(): number {
    return Number(this.#nanos) / 1e9;
  }

  /** No finer than thousandths, as the API stores resource lists. */
  roundUpToMilli(): Quantity {
    return this.#nanos % 1_000_000n === 0n ? this : new Quantity(this.milli() * 1_000_000n, this.#format);
  }

  #ceil(unit: bigint): bigint {
    return this.#nanos < 0n ? -divideUp(-this.#nanos, unit) : divideUp(this.#nanos, unit);
  }

  toString(): string {
    return this.#text ?? this.#canonical();
  }

  #canonical(): string {
    if (this.#nanos === 0n) return "0";
    const small = this.#nanos > -1024n * nano && this.#nanos < 1024n * nano;
    if (this.#format === "binarySI" && !small && this.isInteger) {
      let mantissa = this.#nanos / nano;
      let power = 0;
      while (mantissa % 1024n === 0n && power < 6) {
        mantissa /= 1024n;
        power++;
      }
      return `${mantissa}${binarySuffixes[power]}`;
    }
    let mantissa = this.#nanos;
    let exponent = -9;
    const highest = this.#format === "decimalExponent" ? Number.POSITIVE_INFINITY : 18;
    while (mantissa % 1000n === 0n && exponent < highest) {
      mantissa /= 1000n;
      exponent += 3;
    }
    if (this.#format === "decimalExponent") return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
    const suffix = [...decimalSuffixes].find(([, power]) => power === exponent)?.[0] ?? "";
    return `${mantissa}${suffix}`;
  }
}
