// JSON text of untyped values: what a patch or a YAML body became, on its way to the typed decoder.
// Invariant: 64-bit integers and raw subtrees keep their digits and bytes.
// Called by: body.ts, patch.ts. Next on the way: api's decodeJson.

import { RawJson } from "#api";

export function jsonText(value: unknown): string {
  if (value === undefined) return "null";
  if (value instanceof RawJson) return value.text;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  const fields: string[] = [];
  for (const [name, field] of Object.entries(value)) if (field !== undefined) fields.push(`${JSON.stringify(name)}:${jsonText(field)}`);
  return `{${fields.join(",")}}`;
}
