// What clients asked and were told, and whether one store could have told them so.
// Invariant: key by key linearizable; and over all keys, whatever was asked after an answer sees that answer's revision at least.
// Called by: sim/store/client.ts records, sim/store/run.ts asks at the end. Next on the way: linear.ts.

import { isLinearizable, type Model, type Operation } from "./linear.ts";
import { Violation } from "./violation.ts";

/** Values are written once in a whole run; "" stands for no key. */
export type Asked =
  | { readonly type: "read" }
  /** Writes `value` if the key has `expect`. */
  | { readonly type: "write"; readonly expect: string; readonly value: string };

/** `found`: what the key had; for a write, undefined says that it took place. `revision`: the store's, with the answer. */
export interface Told {
  readonly found: string | undefined;
  readonly revision: number;
}

export interface Call extends Operation<Asked, Told> {
  readonly key: string;
  readonly client: string;
}

/** One key: what Kubernetes does to an object, read it and write it if nobody else has. */
const oneKey: Model<Asked, Told> = {
  initial: "",
  step(state, asked, told) {
    if (asked.type === "read") return !told || told.found === state ? state : undefined;
    if (!told) return state === asked.expect ? asked.value : state;
    if (told.found === undefined) return state === asked.expect ? asked.value : undefined;
    return state === told.found && state !== asked.expect ? state : undefined;
  },
};

function nameOf({ client, key, input, output, startMs, endMs }: Call): string {
  const asked = input.type === "read" ? `reads ${key}` : `writes ${key} "${input.expect}"→"${input.value}"`;
  const told = !output
    ? "never answered"
    : `${output.found === undefined ? "done" : `found "${output.found}"`}, revision ${output.revision}`;
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
    for (const [key, calls] of Map.groupBy(this.#calls, (call) => call.key)) {
      if (isLinearizable(oneKey, calls)) continue;
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
      const isNewWrite = call.input.type === "write" && call.output!.found === undefined && call.input.value !== call.input.expect;
      if (newest.output!.revision < call.output!.revision + (isNewWrite ? 0 : 1)) continue;
      throw new Violation("Real Time", `${nameOf(call)}, asked after the end of ${nameOf(newest)}`);
    }
  }
}
