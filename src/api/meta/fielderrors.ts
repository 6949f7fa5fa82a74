// One thing wrong at one field of an object: its type, its path, and the text that people read.
// Invariant: types and texts are upstream's; `message` never holds the path, which stands in `field`.
// Called by: kinds/ (validation), apiserver's reviews. Next on the way: errors.ts, where they become a Status.

import { goQuote, goValue } from "./gotext.ts";

export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooShort"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly message: string;
}

function withDetail(text: string, detail: string): string {
  return detail === "" ? text : `${text}: ${detail}`;
}

function make(type: FieldErrorType, field: string, text: string, detail: string): FieldError {
  return { type, field, message: withDetail(text, detail) };
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

export const fieldError = {
  required: (field: string, detail = ""): FieldError => make("FieldValueRequired", field, "Required value", detail),
  invalid: (field: string, value: unknown, detail = ""): FieldError =>
    make("FieldValueInvalid", field, `Invalid value: ${goValue(value)}`, detail),
  typeInvalid: (field: string, value: unknown, detail = ""): FieldError =>
    make("FieldValueTypeInvalid", field, `Invalid value: ${goValue(value)}`, detail),
  notSupported: (field: string, value: unknown, allowed: readonly string[]): FieldError =>
    make(
      "FieldValueNotSupported",
      field,
      `Unsupported value: ${goValue(value)}`,
      allowed.length === 0 ? "" : `supported values: ${allowed.map(goQuote).join(", ")}`,
    ),
  duplicate: (field: string, value: unknown): FieldError => make("FieldValueDuplicate", field, `Duplicate value: ${goValue(value)}`, ""),
  forbidden: (field: string, detail = ""): FieldError => make("FieldValueForbidden", field, "Forbidden", detail),
  notFound: (field: string, value: unknown): FieldError => make("FieldValueNotFound", field, `Not found: ${goValue(value)}`, ""),
  /** Upstream leaves the value out: it is too long to read. */
  tooLong: (field: string, maxBytes: number): FieldError =>
    make("FieldValueTooLong", field, "Too long", maxBytes < 0 ? "value is too long" : `may not be more than ${plural(maxBytes, "byte")}`),
  tooLongCharacters: (field: string, maxCharacters: number): FieldError =>
    make("FieldValueTooLong", field, "Too long", `may not be more than ${plural(maxCharacters, "character")}`),
  tooShort: (field: string, minCharacters: number): FieldError =>
    make("FieldValueTooShort", field, "Too short", `must be at least ${plural(minCharacters, "character")}`),
  tooMany: (field: string, actual: number, max: number): FieldError =>
    make("FieldValueTooMany", field, actual < 0 ? "Too many" : `Too many: ${actual}`, `must have at most ${plural(max, "item")}`),
  tooFew: (field: string, actual: number, min: number): FieldError =>
    make("FieldValueTooFew", field, `Too few: ${actual}`, `must have at least ${plural(min, "item")}`),
  internal: (field: string, detail: string): FieldError => make("InternalError", field, "Internal error", detail),
};

/** Several errors as one sentence: repeated ones once, more than one in brackets. */
export function joinFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

/** A child's path: an empty parent adds no dot. */
export function at(parent: string, child: string): string {
  return parent === "" ? child : `${parent}.${child}`;
}
