// Which names, keys and values the API takes, and how it words its refusals.
// Invariant: every check returns the list of complaints, empty for "fine"; lengths count UTF-8 bytes; texts are upstream's.
// Called by: labels.ts, kinds/ (validation), apiserver/registry (object names). Next on the way: labels.ts.

import { byteLength } from "./gotext.ts";

const label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const label1123Text =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const subdomain1123Text =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const labelKey = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelKeyText = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const wildcard = `\\*\\.${subdomain1123}`;
const wildcardText =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const configKey = "[-._a-zA-Z0-9]+";

export const maxLabelBytes = 63;
export const maxSubdomainBytes = 253;

/** Go's `$` without flags means the end of the text, so does JavaScript's. */
const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

const label1123Whole = whole(label1123);
const subdomain1123Whole = whole(subdomain1123);
const label1035Whole = whole(label1035);
const labelKeyWhole = whole(labelKey);
const labelValue = `(${labelKey})?`;
const labelValueWhole = whole(labelValue);
const wildcardWhole = whole(wildcard);
const configKeyWhole = whole(configKey);

/** Label keys and values are counted in bytes, names in characters; both mean bytes. */
export function maxLenError(bytes: number, unit: "bytes" | "characters" = "characters"): string {
  return `must be no more than ${bytes} ${unit}`;
}

export function regexError(text: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${pattern}')`;
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(" or ")}regex used for validation is '${pattern}')`;
}

export function rangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

export function isDns1123Label(text: string): string[] {
  const complaints = byteLength(text) > maxLabelBytes ? [maxLenError(maxLabelBytes)] : [];
  if (label1123Whole.test(text)) return complaints;
  return [
    ...complaints,
    subdomain1123Whole.test(text) ? "must not contain dots" : regexError(label1123Text, label1123, "my-name", "123-abc"),
  ];
}

export function isDns1123Subdomain(text: string): string[] {
  const complaints = byteLength(text) > maxSubdomainBytes ? [maxLenError(maxSubdomainBytes)] : [];
  return subdomain1123Whole.test(text) ? complaints : [...complaints, regexError(subdomain1123Text, subdomain1123, "example.com")];
}

export function isDns1035Label(text: string): string[] {
  const complaints = byteLength(text) > maxLabelBytes ? [maxLenError(maxLabelBytes)] : [];
  return label1035Whole.test(text) ? complaints : [...complaints, regexError(label1035Text, label1035, "my-name", "abc-123")];
}

export function isWildcardSubdomain(text: string): string[] {
  const complaints = byteLength(text) > maxSubdomainBytes ? [maxLenError(maxSubdomainBytes)] : [];
  return wildcardWhole.test(text) ? complaints : [...complaints, regexError(wildcardText, wildcard, "*.example.com")];
}

/** A label key: an optional DNS prefix, a slash, a name. Also annotations, taints, resource names. */
export function isQualifiedName(text: string): string[] {
  const parts = text.split("/");
  const rule = (): string => regexError(labelKeyText, labelKey, "MyName", "my.name", "123-abc");
  if (parts.length > 2) return [`a valid label key ${rule()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const complaints: string[] = [];
  const prefix = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const name = parts.at(-1) ?? "";
  if (prefix === "") complaints.push("prefix part must be non-empty");
  else if (prefix !== undefined)
    complaints.push(...isDns1123Subdomain(prefix).map((complaint) => `prefix part ${complaint.replace(/ characters$/, " bytes")}`));
  if (name === "") complaints.push("name part must be non-empty");
  else if (byteLength(name) > maxLabelBytes) complaints.push(`name part ${maxLenError(maxLabelBytes, "bytes")}`);
  if (!labelKeyWhole.test(name)) complaints.push(`name part ${rule()}`);
  return complaints;
}

export function isLabelValue(text: string): string[] {
  const complaints = byteLength(text) > maxLabelBytes ? [maxLenError(maxLabelBytes, "bytes")] : [];
  return labelValueWhole.test(text) ? complaints : [...complaints, regexError(labelValueText, labelValue, "MyValue", "my_value", "12345")];
}

/** Roles and their like: anything that can stand between two slashes. */
export function isPathSegment(text: string): string[] {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return ["/", "%"].filter((forbidden) => text.includes(forbidden)).map((forbidden) => `may not contain '${forbidden}'`);
}

export function isPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [rangeError(1, 65535)];
}

export function isPortName(text: string): string[] {
  const complaints: string[] = [];
  if (byteLength(text) > 15) complaints.push(maxLenError(15));
  if (!/^[-a-z0-9]+$/.test(text)) complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(text)) complaints.push("must contain at least one letter (a-z)");
  if (text.includes("--")) complaints.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) complaints.push("must not begin or end with a hyphen");
  return complaints;
}

export function isPercent(text: string): string[] {
  if (/^[0-9]+%$/.test(text)) return [];
  return [regexError("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")];
}

export function isEnvName(text: string): string[] {
  if (text === "") return ["environment variable name must be non-empty"];
  if (/^[ -<>-~]+$/.test(text)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function isHttpHeaderName(text: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(text)) return [];
  return [regexError("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")];
}

export function isConfigMapKey(text: string): string[] {
  const complaints: string[] = [];
  if (byteLength(text) > maxSubdomainBytes) complaints.push(maxLenError(maxSubdomainBytes));
  if (!configKeyWhole.test(text)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    complaints.push(regexError(rule, configKey, "key.name", "KEY_NAME", "key-name"));
  }
  if (text === "." || text === "..") complaints.push(`must not be '${text}'`);
  else if (text.startsWith("..")) complaints.push("must not start with '..'");
  return complaints;
}

/** With generateName the name is a prefix: a trailing dash does not count against it. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}
