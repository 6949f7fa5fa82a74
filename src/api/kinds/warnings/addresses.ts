// Addresses that are written in a way nobody should rely on: leading zeros, mapped ones, IPv6 that is not in its shortest form.
// Invariant: what is no address at all is validation's affair.
// Called by: podspec.ts, others.ts. Next on the way: others.ts.

import { isIPv4, isIPv6 } from "node:net";

const plainV4 = (text: string): string | undefined => {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number).join(".");
};

/** As RFC 5952 has it; undefined for what is no IPv6 address. */
function canonicalV6(text: string): string | undefined {
  if (!isIPv6(text)) return undefined;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

export function addressWarnings(field: string, text: string | undefined): string[] {
  if (!text || isIPv4(text)) return [];
  const standard = (use: string): string[] => [
    `${field}: non-standard IP address ${JSON.stringify(text)} is invalid: use ${JSON.stringify(use)}`,
  ];
  const zeros = plainV4(text);
  if (zeros !== undefined) return standard(zeros);
  const canonical = canonicalV6(text);
  if (canonical === undefined) return [];
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped) {
    const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
    return standard([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  if (canonical === text) return [];
  return [`${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];
}
