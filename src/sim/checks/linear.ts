// Is there one order of these operations, each within its own time, that a plain object could have given? (Herlihy and Wing 1990)
// Invariant: exact: says no only if there is none. The search is Wing and Gong's with Lowe's memory of places already tried, as in Porcupine.
// Called by: history.ts, key by key. Next on the way: history.ts.

export interface Operation<Input, Output> {
  readonly input: Input;
  /** Undefined: nobody knows whether and when it took effect. */
  readonly output: Output | undefined;
  readonly startMs: number;
  /** Infinity if it was never answered. */
  readonly endMs: number;
}

/** A plain object. States are compared by their text. */
export interface Model<Input, Output> {
  readonly initial: string;
  /** The state after it; undefined if the object would not have answered so. */
  step(state: string, input: Input, output: Output | undefined): string | undefined;
}

interface Place {
  readonly state: string;
  /** Operations before it are all in order already. */
  readonly first: number;
  /** Operations from `first` on that are in order already. */
  readonly done: readonly number[];
}

const keyOf = ({ state, first, done }: Place): string => `${first} ${done.join(",")} ${state}`;

export function isLinearizable<Input, Output>(model: Model<Input, Output>, history: readonly Operation<Input, Output>[]): boolean {
  // Unanswered ones stand behind, so that those that never took effect are in nobody's way.
  const sorted = history.toSorted((a, b) => a.startMs - b.startMs);
  const answered = sorted.filter((one) => one.output !== undefined);
  const operations = [...answered, ...sorted.filter((one) => one.output === undefined)];
  const tried = new Set<string>();
  const open: Place[] = [{ state: model.initial, first: 0, done: [] }];
  for (let place = open.pop(); place; place = open.pop()) {
    if (place.first >= answered.length) return true;
    for (const next of nextPlaces(model, operations, place)) {
      const key = keyOf(next);
      if (tried.has(key)) continue;
      tried.add(key);
      open.push(next);
    }
  }
  return false;
}

function nextPlaces<Input, Output>(
  model: Model<Input, Output>,
  operations: readonly Operation<Input, Output>[],
  { state, first, done }: Place,
): Place[] {
  const left: number[] = [];
  let earliestEnd = Number.POSITIVE_INFINITY;
  for (let at = first; at < operations.length; at++) {
    if (done.includes(at)) continue;
    const { startMs, endMs, output } = operations[at]!;
    // Nothing that starts after another one's end can come before it.
    if (startMs > earliestEnd) {
      if (output !== undefined) continue;
      break;
    }
    earliestEnd = Math.min(earliestEnd, endMs);
    left.push(at);
  }
  const places: Place[] = [];
  for (const at of left) {
    const { input, output, startMs } = operations[at]!;
    if (startMs > earliestEnd) continue;
    const after = model.step(state, input, output);
    // An unanswered one that changes nothing may as well not have been.
    if (after === undefined || (output === undefined && after === state)) continue;
    places.push(advance(after, first, done, at));
  }
  return places;
}

function advance(state: string, first: number, done: readonly number[], at: number): Place {
  const now = new Set(done).add(at);
  let start = first;
  while (now.delete(start)) start += 1;
  return { state, first: start, done: [...now].sort((a, b) => a - b) };
}
