// Files that grow: logs and spans, each bounded, with one older generation kept beside it.
// Invariant: a file never exceeds its bound by more than one write; writing never throws into the component that had something to say.
//   What is opened is a file of its owner's with one name: several users write in these folders, and no one's link leads another elsewhere.
// Called by: control-plane.ts, node.ts, cmd/. Next on the way: `dhow trace` and people with `tail` read them.

import { closeSync, constants, fchownSync, fstatSync, openSync, renameSync, rmSync, unlink, writeSync } from "node:fs";
import type { Span, SpanSink } from "#lib";

const append = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a log for its owner, who is us or somebody root acts for. Whatever else lies in its place is taken away. */
export function openLog(path: string, owner: number = process.geteuid!()): number {
  let found: number | undefined;
  try {
    found = openSync(path, append);
    const stat = fstatSync(found);
    if (stat.isFile() && stat.uid === owner && stat.nlink === 1) return found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "ELOOP", "ENXIO"].includes(code ?? "")) throw error;
  }
  if (found !== undefined) closeSync(found);
  rmSync(path, { force: true });
  const made = openSync(path, append | constants.O_CREAT | constants.O_EXCL, 0o600);
  if (owner !== process.geteuid!()) fchownSync(made, owner, owner);
  return made;
}

export interface GrowingFile {
  write(text: string): void;
  close(): void;
}

const unlinkBeside = (path: string): void => unlink(path, () => undefined);

/** `forget` removes a file while we go on. */
export function growingFile(path: string, maxBytes: number, forget = unlinkBeside): GrowingFile {
  let descriptor: number | undefined;
  let bytes = 0;
  const open = (): number => {
    if (descriptor === undefined) {
      descriptor = openLog(path);
      bytes = fstatSync(descriptor).size;
    }
    return descriptor;
  };
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  /**
   * A file system that replaces or frees megabytes makes its caller wait for them, up to a quarter of a second, and the caller serves a whole cluster.
   * So the older generation is only given another name here, which costs nothing.
   */
  const begin = (): void => {
    const gone = `${path}.gone`;
    try {
      renameSync(`${path}.1`, gone);
    } catch {
      // There is none yet; or it is not ours to move, and is replaced.
    }
    renameSync(path, `${path}.1`);
    forget(gone);
  };
  return {
    write(text) {
      try {
        open();
        if (bytes > maxBytes) {
          close();
          begin();
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
