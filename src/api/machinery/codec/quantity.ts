// The canonical text of a quantity: what upstream writes back for what came in (`1000m` → `1`, `0.5` → `500m`, `1024Ki` → `1Mi`).
// Invariant: says what meta/quantity.ts says; only the most common texts take a short cut.
// Called by: decode.ts, for every Quantity of a body. Next on the way: meta/quantity.ts, which reckons.

import { Quantity, QuantityError } from "../../meta/quantity.ts";
import { DecodeError } from "./errors.ts";

/** Already canonical, and by far the most common: small whole numbers, milli and Mi that nothing divides. */
function isPlain(text: string): boolean {
  return /^(0|[1-9]\d{0,2}(m|Mi|Gi|Ki)?)$/.test(text);
}

export function canonicalQuantity(text: string): string {
  if (isPlain(text)) return text;
  try {
    return Quantity.parse(text).toString();
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError("value", error.message);
    throw error;
  }
}
