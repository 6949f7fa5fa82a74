// Stories of ownership: requests by several managers on one object, and what a kube-apiserver answered.
// Invariant: what differs from run to run is numbered by its first appearance in a story, so that "unchanged" and "changed" still show:
//   versions R1, R2 …, times T1, T2 …. A story's objects bear its number in place of `$N`.
// Called by: record.ts, ownership.test.ts. Next on the way: ownership.test.ts.

export interface Step {
  /** `APPLY /api/v1/… as alice` and the body behind it. */
  readonly request: string;
  readonly body: string;
  readonly answer: string;
}

export interface Story {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly warnings: readonly string[];
  readonly text: string;
}

const verbs: Readonly<Record<string, readonly [method: string, type: string]>> = {
  GET: ["GET", ""],
  CREATE: ["POST", "application/json"],
  UPDATE: ["PUT", "application/json"],
  DELETE: ["DELETE", "application/json"],
  MERGE: ["PATCH", "application/merge-patch+json"],
  STRATEGIC: ["PATCH", "application/strategic-merge-patch+json"],
  JSON: ["PATCH", "application/json-patch+json"],
  APPLY: ["PATCH", "application/apply-patch+yaml"],
};

export function parse(text: string): Story[] {
  const [, ...parts] = `\n${text.trimEnd()}`.split(/\n+# /);
  return parts.map((part) => {
    const [name = "", ...steps] = part.split(/\n\n/);
    return { name, steps: steps.map(parseStep) };
  });
}

function parseStep(text: string): Step {
  const [sent = "", answer = ""] = `${text}\n`.split("\n----\n");
  const [request = "", ...body] = sent.split("\n");
  return { request, body: body.join("\n"), answer: answer.trimEnd() };
}

export function format(stories: readonly Story[]): string {
  const step = ({ request, body, answer }: Step): string => `${request}\n${body === "" ? "" : `${body}\n`}----\n${answer}`;
  return `${stories.map(({ name, steps }) => [`# ${name}`, ...steps.map(step)].join("\n\n")).join("\n\n")}\n`;
}

/** An APPLY names its manager in the query, everybody else by the program that asks. */
export function sent({ request, body }: Step, number: number, last: string): Sent {
  const [verb = "", path = "", , agent = "nobody"] = request.split(" ");
  const [method, type] = verbs[verb]!;
  const manager = verb === "APPLY" && !path.includes("fieldManager=") ? `${path.includes("?") ? "&" : "?"}fieldManager=${agent}` : "";
  const headers = { "user-agent": `${agent}/1.0`, accept: "application/json", ...(type !== "" && { "content-type": type }) };
  const numbered = (text: string): string => text.replaceAll("$N", String(number));
  return { method, target: numbered(path + manager), headers, body: body === "" ? undefined : numbered(withLast(body, last)) };
}

/** `LAST {…}`: the object of the answer before, with a merge patch laid over it. */
function withLast(body: string, last: string): string {
  if (!body.startsWith("LAST")) return body;
  return JSON.stringify(merge(JSON.parse(last), JSON.parse(body.slice(4) || "{}")));
}

function merge(into: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const out = { ...(into as object) } as Record<string, unknown>;
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = merge(out[name] ?? {}, value);
  }
  return out;
}

/** One per story. */
export function masker(): (answer: Answer) => string {
  const seen = new Map<string, string>();
  const numbered = (letter: string, value: string): string => {
    const key = letter + value;
    if (!seen.has(key)) seen.set(key, `${letter}${[...seen.keys()].filter((one) => one.startsWith(letter)).length + 1}`);
    return seen.get(key)!;
  };
  return ({ status, warnings, text }) => {
    const masked = text
      .trim()
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
      .replace(/"resourceVersion":"(\d+)"/g, (_, value: string) => `"resourceVersion":"${numbered("R", value)}"`)
      .replace(/20\d\d-\d\d-\d\dT[0-9:.]+Z/g, (value) => numbered("T", value))
      .replace(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-X")
      .replace(/10\.96\.\d+\.\d+/g, "10.96.X.X")
      .replace(/("nodePort":)\d+/g, "$1N")
      .replace(/("name":"[a-z]+-)[a-z0-9]{5}"/g, '$1XXXXX"');
    // Warnings about what pods contain are not this folder's subject.
    const told = warnings.filter((warning) => !warning.includes("hides previous definition"));
    return [String(status), ...told.map((warning) => `warning: ${warning}`), masked].join("\n");
  };
}
