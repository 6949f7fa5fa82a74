// A shell's double for simulated containers: a handful of commands with standard input, output and an exit status.
// Invariant: nothing outside the given streams and clock is touched; a command it does not know is "not found".
// Called by: streams.ts. Next on the way: streams.ts.

import type { Readable, Writable } from "node:stream";
import { type Clock, delay } from "#lib";

export interface ShellPlace {
  readonly clock: Clock;
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly tty: boolean;
  readonly env: readonly string[];
  readonly hostname: string;
  /** Aborted when the caller has gone or the container has ended. */
  readonly signal: AbortSignal;
}

/** A command that no image of ours holds, as the runtime's refusal names it. */
export class NoSuchCommand extends Error {}

const notFound = 127;
const lineLimitBytes = 64 * 1024;

/** Resolves when the writer wants more, or never will. */
async function put(writer: Writable, bytes: Buffer | string): Promise<void> {
  if (writer.destroyed || writer.write(bytes)) return;
  await new Promise<void>((resolve) => {
    writer.once("drain", resolve);
    writer.once("close", resolve);
  });
}

class Shell {
  readonly #place: ShellPlace;
  readonly #input: AsyncIterator<Buffer> | undefined;
  #rest = Buffer.alloc(0);
  #exited: number | undefined;

  constructor(place: ShellPlace) {
    this.#place = place;
    this.#input = place.stdin?.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> | undefined;
  }

  async #chunk(): Promise<Buffer | undefined> {
    const next = await this.#input?.next();
    return next === undefined || next.done ? undefined : next.value;
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.findIndex((byte) => byte === 0x0a || byte === 0x0d);
      if (end >= 0 || this.#rest.length > lineLimitBytes) {
        const line = this.#rest.toString("utf8", 0, Math.max(end, 0));
        this.#rest = end < 0 ? Buffer.alloc(0) : this.#rest.subarray(end + 1);
        return line;
      }
      const chunk = await this.#chunk();
      if (chunk === undefined || chunk[0] === 0x04) return undefined;
      if (this.#place.tty) await put(this.#place.stdout, chunk.toString().replaceAll("\r", "\r\n"));
      this.#rest = Buffer.concat([this.#rest, chunk]);
    }
  }

  async #cat(): Promise<number> {
    let chunk: Buffer | undefined = this.#rest.length > 0 ? this.#rest : await this.#chunk();
    this.#rest = Buffer.alloc(0);
    for (; chunk !== undefined && !this.#place.signal.aborted; chunk = await this.#chunk()) await put(this.#place.stdout, chunk);
    return 0;
  }

  /** A shell that reads its commands from standard input. */
  async interactive(): Promise<number> {
    let status = 0;
    const prompt = async (): Promise<void> => (this.#place.tty ? put(this.#place.stdout, "$ ") : undefined);
    for (await prompt(); this.#exited === undefined; await prompt()) {
      const line = await this.#line();
      if (line === undefined) break;
      status = await this.script(line);
    }
    return this.#exited ?? status;
  }

  async script(text: string): Promise<number> {
    let status = 0;
    for (const statement of text.split(/;|\n/)) {
      for (const part of statement.split("&&").map((one) => one.trim())) {
        if (part !== "") status = await this.#statement(part);
        if (status !== 0 || this.#exited !== undefined) break;
      }
      if (this.#exited !== undefined) break;
    }
    return this.#exited ?? status;
  }

  async #statement(statement: string): Promise<number> {
    const toStderr = /\s*1?>&2$/.exec(statement);
    const words = (toStderr ? statement.slice(0, toStderr.index) : statement).match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
    const argv = words.map((word) => word.replace(/^(["'])(.*)\1$/s, "$2"));
    try {
      return await this.command(argv, toStderr ? this.#place.stderr : this.#place.stdout);
    } catch (error) {
      if (!(error instanceof NoSuchCommand)) throw error;
      await put(this.#place.stderr, `sh: ${argv[0]}: not found\n`);
      return notFound;
    }
  }

  async command(argv: readonly string[], out: Writable): Promise<number> {
    const { clock, env, hostname, signal } = this.#place;
    const [path = "", ...rest] = argv;
    switch (path.slice(path.lastIndexOf("/") + 1)) {
      case "sh":
        return rest[0] === "-c" ? this.script(rest[1] ?? "") : this.interactive();
      case "echo":
        await put(out, `${rest.join(" ")}\n`);
        return 0;
      case "cat":
        return this.#cat();
      case "env":
        await put(out, env.map((line) => `${line}\n`).join(""));
        return 0;
      case "hostname":
        await put(out, `${hostname}\n`);
        return 0;
      case "sleep":
        await delay(clock, Number.parseFloat(rest[0] ?? "0") * 1000, signal).catch(() => undefined);
        return 0;
      case "true":
        return 0;
      case "false":
        return 1;
      case "exit":
        this.#exited = Number(rest[0] ?? 0) & 0xff;
        return this.#exited;
      default:
        throw new NoSuchCommand(path);
    }
  }
}

/** Runs to the end; the exit status. */
export function runCommand(argv: readonly string[], place: ShellPlace): Promise<number> {
  return new Shell(place).command(argv, place.stdout);
}
