// Values that are a number or a percentage: maxSurge: 25%, targetPort: http.
// Invariant: a percentage is of a total that the caller names, rounded the way the caller names.
// Called by: controllers (rolling updates), kinds (validation). Next on the way: kinds/deployment.ts.

/** The number meant by `value`, a percentage taken of `total`. Undefined if the text is no percentage. */
export function scaledValue(value: number | string, total: number, round: "up" | "down"): number | undefined {
  if (typeof value === "number") return value;
  if (!/^[+-]?[0-9]+%$/.test(value)) return undefined;
  const part = (Number(value.slice(0, -1)) * total) / 100;
  return round === "up" ? Math.ceil(part) : Math.floor(part);
}
