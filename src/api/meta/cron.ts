// The schedule of a CronJob: five fields or a descriptor, and what is wrong with it.
// Invariant: pure; accepts and refuses what upstream's parser does, in the same words.
// Called by: kinds/job.ts. Next on the way: controllers, which ask when it is due.

interface Field {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields: readonly Field[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: months },
  { low: 0, high: 6, names: days },
];
const descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

class CronError extends Error {
  override name = "CronError";
}

function number(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const value = Number(text);
  if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

function numberOrName(text: string, { low, names }: Field): number {
  const at = names?.indexOf(text.toLowerCase()) ?? -1;
  return at < 0 ? number(text) : at + low;
}

function checkRange(text: string, field: Field): void {
  const [range = "", stepText, ...more] = text.split("/");
  const [first = "", last, ...rest] = range.split("-");
  let start = field.low;
  let end = field.high;
  if (first !== "*" && first !== "?") {
    start = numberOrName(first, field);
    if (rest.length > 0) throw new CronError(`too many hyphens: ${text}`);
    end = last === undefined ? start : numberOrName(last, field);
  }
  let step = 1;
  if (more.length > 0) throw new CronError(`too many slashes: ${text}`);
  if (stepText !== undefined) {
    step = number(stepText);
    if (last === undefined && first !== "*" && first !== "?") end = field.high;
  }
  if (start < field.low) throw new CronError(`beginning of range (${start}) below minimum (${field.low}): ${text}`);
  if (end > field.high) throw new CronError(`end of range (${end}) above maximum (${field.high}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
}

function check(text: string): void {
  if (text === "") throw new CronError("empty spec string");
  if (text.startsWith("@")) {
    if (descriptors.includes(text)) return;
    if (!text.startsWith("@every ")) throw new CronError(`unrecognized descriptor: ${text}`);
    const duration = text.slice("@every ".length);
    if (/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(duration)) return;
    throw new CronError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`);
  }
  const given = text.split(/\s+/).filter((part) => part !== "");
  if (given.length !== fields.length) {
    throw new CronError(`expected exactly ${fields.length} fields, found ${given.length}: [${given.join(" ")}]`);
  }
  for (const [i, field] of fields.entries()) for (const part of given[i]!.split(",")) if (part !== "") checkRange(part, field);
}

/** What is wrong with the schedule; undefined: nothing. */
export function cronProblem(text: string): string | undefined {
  try {
    check(text);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}

/** Names of the zones that this machine's calendar knows; upstream brings its own list along. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
