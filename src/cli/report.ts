// The steps of `up` for a person: ticks on a terminal, plain lines without one, nothing when quiet.
// Invariant: says for each step how long it took; a step that waits says for what.
// Called by: up.ts. Next on the way: the three lines at the end.

import type { StepEvent } from "#compose";
import type { Io } from "./io.ts";

export interface Reporter {
  step(event: StepEvent): void;
  end(failure?: Error): Promise<void>;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function silentReporter(): Reporter {
  return { step: () => undefined, end: () => Promise.resolve() };
}

export function plainReporter(io: Io, verbose = false): Reporter {
  const startedMs = new Map<string, number>();
  return {
    step({ step, state, ms, detail }) {
      if (state === "running") {
        startedMs.set(step, ms);
        if (verbose) io.err(`${step}: begins (+${seconds(ms)})`);
      } else if (state === "done") io.err(`${step}: ready (${seconds(ms - (startedMs.get(step) ?? 0))})`);
      else io.err(`${step}: ${detail ?? state}`);
    },
    end: () => Promise.resolve(),
  };
}

/** listr2 wants a task per step before it begins; the order of the steps is known, so each waits for its own end. */
export async function tickingReporter(io: Io, steps: readonly string[]): Promise<Reporter> {
  const { Listr } = await import("listr2");
  const ends = new Map(steps.map((step) => [step, Promise.withResolvers<string>()]));
  const titles = new Map<string, (text: string) => void>();
  const startedMs = new Map<string, number>();
  for (const end of ends.values()) end.promise.catch(() => undefined);
  const list = new Listr(
    steps.map((step) => ({
      title: step,
      task: async (_context: unknown, task: { title: string; output: string }) => {
        titles.set(step, (text) => {
          task.output = text;
        });
        task.title = await ends.get(step)!.promise;
      },
    })),
    { concurrent: true, exitOnError: false, rendererOptions: { collapseErrors: false } },
  );
  const finished = list.run().then(
    () => undefined,
    () => undefined,
  );
  return {
    step({ step, state, ms, detail }) {
      if (!ends.has(step)) return void (detail && io.err(`${step}: ${detail}`));
      if (state === "running") startedMs.set(step, ms);
      else if (state === "done") ends.get(step)!.resolve(`${step} (${seconds(ms - (startedMs.get(step) ?? 0))})`);
      else if (state === "failed") ends.get(step)!.reject(new Error(detail ?? "failed"));
      else titles.get(step)?.(detail ?? "");
    },
    async end(failure) {
      for (const end of ends.values())
        if (failure) end.reject(new Error("not ready"));
        else end.resolve("");
      await finished;
    },
  };
}
