// History that is forgotten by itself, by etcd's rules: what is older than a period, or than so many revisions.
// Invariant: never beyond what the flag keeps; a compaction that fails is tried again at the next look.
// Called by: serve.ts. etcd looks ten times a period (a long period's hour) or every five minutes. Next on the way: rpc/kv/compact.ts.

import type { Clock, Log, Timer } from "#lib";
import { type Revision, StoreError } from "../contract.ts";
import { revision } from "../revision.ts";

export type AutoCompaction =
  | { readonly mode: "periodic"; readonly periodMs: number }
  | { readonly mode: "revision"; readonly revisions: number };

export interface AutoCompactionOptions {
  readonly compaction: AutoCompaction;
  readonly clock: Clock;
  readonly log: Log;
  readonly revision: () => Revision;
  readonly compact: (revision: Revision) => Promise<void>;
  /** Of several members one compacts. */
  readonly leads: () => boolean;
}

const hourMs = 3_600_000;
const looksPerInterval = 10;
const revisionLookMs = 300_000;

/** Tells, look by look, up to where history may go now; and hears what became of it. */
interface Rule {
  readonly lookMs: number;
  look(now: Revision, leads: boolean): Revision | undefined;
  done(at: Revision): void;
}

function periodic(periodMs: number, clock: Clock): Rule {
  const intervalMs = Math.min(periodMs, hourMs);
  const lookMs = intervalMs / looksPerInterval;
  const kept = Math.floor(periodMs / lookMs) + 1;
  /** Of the last looks; the first is a period old. */
  const seen: Revision[] = [];
  let dueMs = clock.monotonicMs() + periodMs;
  return {
    lookMs,
    look(now, leads) {
      const due = leads && clock.monotonicMs() >= dueMs ? seen[0] : undefined;
      seen.push(now);
      if (seen.length > kept) seen.shift();
      return due;
    },
    done() {
      dueMs = clock.monotonicMs() + intervalMs;
    },
  };
}

function byRevisions(revisions: number): Rule {
  let last = 0;
  return {
    lookMs: revisionLookMs,
    look(now, leads) {
      const at = now - revisions;
      return leads && at > 0 && at !== last ? revision(at) : undefined;
    },
    done(at) {
      last = at;
    },
  };
}

export function compactAutomatically({ compaction, clock, log, leads, ...options }: AutoCompactionOptions): { close(): void } {
  const rule = compaction.mode === "periodic" ? periodic(compaction.periodMs, clock) : byRevisions(compaction.revisions);
  let timer: Timer;
  const look = (): void => {
    timer = clock.after(rule.lookMs, look);
    const at = rule.look(options.revision(), leads());
    if (at === undefined) return;
    options.compact(at).then(
      () => {
        log.info("compacted by itself", { revision: at, mode: compaction.mode });
        rule.done(at);
      },
      (error: unknown) => {
        // Somebody was faster: it is as it should be.
        if (error instanceof StoreError && error.code === "compacted") rule.done(at);
        else log.warn("could not compact by itself", { revision: at, error });
      },
    );
  };
  // What is there now is the first thing seen.
  rule.look(options.revision(), false);
  timer = clock.after(rule.lookMs, look);
  return { close: () => timer.cancel() };
}
