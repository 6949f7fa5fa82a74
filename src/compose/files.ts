// Files that grow: logs and spans, each bounded, with one older generation kept beside it.
// Invariant: a file never exceeds its bound by more than one write; writing never throws into the component that had something to say.
// Called by: control-plane.ts, node.ts, cmd/. Next on the way: `dhow trace` and people with `tail` read them.

import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import type { Span, SpanSink } from "#lib";

export interface GrowingFile {
  write(text: string): void;
  close(): void;
}

export function growingFile(path: string, maxBytes: number): GrowingFile {
  let descriptor: number | undefined;
  let bytes = 0;
  const open = (): number => {
    if (descriptor === undefined) {
      descriptor = openSync(path, "a", 0o600);
      bytes = statSync(path).size;
    }
    return descriptor;
  };
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    write(text) {
      try {
        open();
        if (bytes > maxBytes) {
          close();
          renameSync(path, `${path}.1`);
        }
        const target = open();
        bytes += writeSync(target, text);
      } catch {
        // A full disk must not stop a cluster from running: the line is lost, the next is tried again.
      }
    },
    close,
  };
}

export interface SpanFile extends SpanSink {
  flush(): void;
  close(): void;
}

/** Spans as lines of JSON, written once per macrotask. */
export function spanFile(path: string, maxBytes = 16 * 1024 * 1024): SpanFile {
  const file = growingFile(path, maxBytes);
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    const text = lines.join("");
    lines = [];
    file.write(text);
  };
  return {
    record(span: Span) {
      if (lines.length === 0) setImmediate(flush);
      lines.push(`${JSON.stringify(span)}\n`);
    },
    flush,
    close() {
      flush();
      file.close();
    },
  };
}
