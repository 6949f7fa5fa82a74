// What clients asked and were told, and whether one store could have told them so.
// Invariant: linearizable, key by key, and pair by pair where keys are written together; and over all keys, whatever was asked after an answer sees that answer's revision at least.
// Called by: sim/store/client.ts records, sim/store/run.ts asks at the end. Next on the way: linear.ts.

import { isLinearizable, type Model, type Operation } from "./linear.ts";
import { Violation } from "./violation.ts";

/** Values are written once in a whole run; "" stands for no key. */
export type Asked =
  | { readonly type: "read"; readonly key: string }
  /** Writes `value` if the key has `expect`. */
  | { readonly type: "write"; readonly key: string; readonly expect: string; readonly value: string }
  /** Two keys in one: if `key` has `expect`, `to` is written, too, in one way if there is one and in another if not. */
  | { readonly type: "both"; readonly key: string; readonly to: string; readonly expect: string; readonly value: string };

export interface Told {
  /** It was written, as asked. */
  readonly done: boolean;
  /** What was there: of a read, and of what was not done; of `both` that was done, what `to` had before. */
  readonly found: string;
  /** The store's, with the answer. */
  readonly revision: number;
}

export interface Call extends Operation<Asked, Told> {
  readonly client: string;
}

/** Keys that are ever written together. All others stand alone, and are looked at alone. */
export const pair = ["/a", "/b"] as const;
const islandOf = (key: string): string => ((pair as readonly string[]).includes(key) ? pair.join("") : key);

/** Of `both`, in `to`. */
export const written = (value: string, before: string): string => (before === "" ? `${value}+` : `${value}*`);

interface Done {
  readonly after: string;
  readonly done: boolean;
  readonly found: string;
}

/** One key, or the two of the pair: its state is their values, one line each. */
function carryOut(state: string, asked: Asked): Done {
  const end = state.indexOf("\n");
  const values = [state.slice(0, end), state.slice(end + 1)];
  const at = asked.key === pair[1] ? 1 : 0;
  const value = values[at]!;
  if (asked.type === "read") return { after: state, done: false, found: value };
  const other = values[1 - at]!;
  if (asked.type === "write") {
    if (value !== asked.expect) return { after: state, done: false, found: value };
    values[at] = asked.value;
    return { after: `${values[0]}\n${values[1]}`, done: true, found: "" };
  }
  if (value !== asked.expect) return { after: state, done: false, found: `${value} ${other}` };
  values[at] = asked.value;
  values[1 - at] = written(asked.value, other);
  return { after: `${values[0]}\n${values[1]}`, done: true, found: other };
}

const keys: Model<Asked, Told> = {
  initial: "\n",
  step(state, asked, told) {
    const { after, done, found } = carryOut(state, asked);
    return !told || (told.done === done && told.found === found) ? after : undefined;
  },
};

function nameOf({ client, input, output, startMs, endMs }: Call): string {
  const asked = input.type === "read" ? `reads ${input.key}` : `${input.type} ${input.key} "${input.expect}"→"${input.value}"`;
  const told = !output ? "never answered" : `${output.done ? "done, " : ""}found "${output.found}", revision ${output.revision}`;
  return `${startMs.toFixed(1)}–${endMs.toFixed(1)} ${client} ${asked}: ${told}`;
}

export class History {
  readonly #calls: Call[] = [];

  get length(): number {
    return this.#calls.length;
  }

  record(call: Call): void {
    this.#calls.push(call);
  }

  check(): void {
    this.#checkRevisions();
    for (const [key, calls] of Map.groupBy(this.#calls, (call) => islandOf(call.input.key))) {
      if (isLinearizable(keys, calls)) continue;
      const told = calls.toSorted((a, b) => a.startMs - b.startMs).map(nameOf);
      throw new Violation("Linearizability", `no order of these explains the answers about ${key}:\n${told.join("\n")}`);
    }
  }

  /** Revisions never go back from an answer to a question asked after it. */
  #checkRevisions(): void {
    const answered = this.#calls.filter((call) => call.output !== undefined);
    const byEnd = answered.toSorted((a, b) => a.endMs - b.endMs);
    let ended = 0;
    let newest: Call | undefined;
    for (const call of answered.toSorted((a, b) => a.startMs - b.startMs)) {
      while (ended < byEnd.length && byEnd[ended]!.endMs < call.startMs) {
        const one = byEnd[ended++]!;
        if (!newest || one.output!.revision > newest.output!.revision) newest = one;
      }
      if (!newest) continue;
      const isNewWrite = call.output!.done && call.input.type !== "read" && call.input.value !== call.input.expect;
      if (newest.output!.revision < call.output!.revision + (isNewWrite ? 0 : 1)) continue;
      throw new Violation("Real Time", `${nameOf(call)}, asked after the end of ${nameOf(newest)}`);
    }
  }
}
