// Cron schedules: the five fields, their shorthands and `@every`, and when one is due next in a time zone.
// Invariant: pure; a wall-clock time that a change of summer time leaves out is left out, one that comes twice counts twice.
// Called by: plan.ts. The grammar is that of upstream's cron library, robfig/cron.

export interface Schedule {
  /** The first time after `ms`, in whole seconds; undefined when there is none within five years: 31 February, say. */
  next(ms: number): number | undefined;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const shorthands: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Throws an Error whose message says what cannot be read. */
export function parseSchedule(text: string, timeZone = "UTC"): Schedule {
  const [, prefixZone, rest] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text) ?? [];
  const zone = new Zone(prefixZone ?? timeZone);
  const spec = (rest ?? text).trim();
  if (spec.startsWith("@every ")) return every(spec.slice("@every ".length));
  if (spec.startsWith("@") && !Object.hasOwn(shorthands, spec)) throw new Error(`unrecognized descriptor: ${spec}`);
  const fields = (Object.hasOwn(shorthands, spec) ? shorthands[spec]! : spec).split(/\s+/);
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${spec === "" ? 0 : fields.length}: [${spec}]`);
  return new FieldSchedule(fields, zone);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function every(text: string): Schedule {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) throw new Error(`failed to parse duration @every ${text}`);
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0);
  const step = Math.max(1000, Math.floor(ms / 1000) * 1000);
  return { next: (from) => Math.floor(from / 1000) * 1000 + step };
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** `*`: says nothing, which matters where two fields speak of days. */
  readonly any: boolean;
}

function parseField(text: string, first: number, last: number, names: readonly string[] = []): Field {
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(",")) {
    const [range = "", stepText, more] = part.split("/");
    const step = stepText === undefined ? 1 : number(stepText, []);
    if (more !== undefined) throw new Error(`too many slashes: ${part}`);
    if (step === 0) throw new Error(`step of range should be a positive number: ${part}`);
    let [low, high] = [first, last];
    if (range === "*" || range === "?") any ||= step === 1;
    else {
      const [from = "", to, tooMany] = range.split("-");
      if (tooMany !== undefined) throw new Error(`too many hyphens: ${part}`);
      low = number(from, names, first);
      high = to === undefined ? (stepText === undefined ? low : last) : number(to, names, first);
    }
    if (low < first) throw new Error(`beginning of range (${low}) below minimum (${first}): ${part}`);
    if (high > last) throw new Error(`end of range (${high}) above maximum (${last}): ${part}`);
    if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${part}`);
    for (let value = low; value <= high; value += step) values.add(value);
  }
  return { values, any };
}

function number(text: string, names: readonly string[], first = 0): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + first;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`failed to parse int from ${text}`);
  return Number(text);
}

const dayMs = 86_400_000;
const longestSearchDays = 5 * 366;
/** No change of the clocks is larger: earlier wall times than this cannot lie after the moment asked about. */
const largestShiftMinutes = 180;

class FieldSchedule implements Schedule {
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  readonly #dayOfMonth: Field;
  readonly #months: Field;
  readonly #dayOfWeek: Field;
  readonly #zone: Zone;

  constructor([minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""]: readonly string[], zone: Zone) {
    this.#minutes = [...parseField(minute, 0, 59).values].sort((a, b) => a - b);
    this.#hours = [...parseField(hour, 0, 23).values].sort((a, b) => a - b);
    this.#dayOfMonth = parseField(dayOfMonth, 1, 31);
    this.#months = parseField(month, 1, 12, months);
    this.#dayOfWeek = parseField(dayOfWeek, 0, 6, days);
    this.#zone = zone;
  }

  next(ms: number): number | undefined {
    // Wall-clock times are kept as if they were UTC: the calendar is the same, only the offset is missing.
    const wall = ms + this.#zone.offsetMs(ms);
    const earliest = wall - largestShiftMinutes * 60_000;
    const today = Math.floor(earliest / dayMs) * dayMs;
    for (let day = 0; day < longestSearchDays; day++) {
      const found = this.#onDay(today + day * dayMs, earliest, ms);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #onDay(start: number, earliest: number, after: number): number | undefined {
    const date = new Date(start);
    if (!this.#months.values.has(date.getUTCMonth() + 1) || !this.#matchesDay(date)) return undefined;
    let best: number | undefined;
    for (const hour of this.#hours) {
      for (const minute of this.#minutes) {
        const wall = start + (hour * 60 + minute) * 60_000;
        if (wall < earliest) continue;
        // Later wall times can only be earlier moments by the largest shift.
        if (best !== undefined && wall - this.#zone.offsetMs(best) > best + largestShiftMinutes * 60_000) return best;
        for (const moment of this.#zone.moments(wall)) if (moment > after && (best === undefined || moment < best)) best = moment;
        if (best !== undefined && this.#zone.fixed) return best;
      }
    }
    return best;
  }

  /** With both fields given, one of them is enough: the 13th and every Friday. */
  #matchesDay(date: Date): boolean {
    const ofMonth = this.#dayOfMonth.values.has(date.getUTCDate());
    const ofWeek = this.#dayOfWeek.values.has(date.getUTCDay());
    return this.#dayOfMonth.any || this.#dayOfWeek.any ? ofMonth && ofWeek : ofMonth || ofWeek;
  }
}

/** A time zone by its name; throws for one that is not known. */
class Zone {
  readonly fixed: boolean;
  readonly #format: Intl.DateTimeFormat;

  constructor(name: string) {
    this.fixed = name === "UTC" || name === "Etc/UTC";
    const numeric = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", era: "short", ...numeric });
  }

  offsetMs(ms: number): number {
    if (this.fixed) return 0;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(ms)) part[type] = Number(value);
    const wall = Date.UTC(part["year"]!, part["month"]! - 1, part["day"], part["hour"], part["minute"], part["second"]);
    return wall - Math.floor(ms / 1000) * 1000;
  }

  /** The moments at which clocks show this: one, sometimes none or two. */
  moments(wall: number): number[] {
    if (this.fixed) return [wall];
    const offsets = new Set([wall - dayMs / 2, wall + dayMs / 2].map((near) => this.offsetMs(near)));
    return [...offsets].map((offset) => wall - offset).filter((moment) => moment + this.offsetMs(moment) === wall);
  }
}

/** The instant as clocks in the zone show it, with the offset: RFC 3339. */
export function zonedTime(ms: number, timeZone = "UTC"): string {
  const offset = new Zone(timeZone).offsetMs(ms) / 60_000;
  const wall = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${wall}Z`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${wall}${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
