// What a simulated container does, read from its command: it prints, sleeps, ends with a status, or runs until it is stopped.
// Invariant: pure; a command that is not understood runs for ever, as a server would.
// Called by: runtime.ts when a container starts. Next on the way: runtime.ts.

export interface Step {
  readonly afterMs: number;
  readonly line: string;
}

export interface Behaviour {
  readonly lines: readonly Step[];
  /** undefined: runs until it is stopped. */
  readonly exit: { readonly afterMs: number; readonly exitCode: number } | undefined;
  /** Does not end at SIGTERM: `trap "" TERM`. */
  readonly ignoresTerm: boolean;
  /** From here on it takes all the memory it can get, as `tail /dev/zero` does. */
  readonly eatsFromMs?: number;
}

const unquote = (text: string): string => text.replace(/^(["'])(.*)\1$/s, "$2");

function sleepMs(argument: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(argument ?? "");
  if (!match) return undefined; // infinity, or nothing
  const units: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(match[1]) * units[match[2]!]!;
}

/** The statements of a shell line, as far as conventions need them. */
function statements(argv: readonly string[]): readonly string[] {
  const shell = /(^|\/)(sh|ash|bash)$/.test(argv[0] ?? "") && argv[1] === "-c";
  if (!shell) return argv.length === 0 ? [] : [argv.join(" ")];
  return (argv[2] ?? "").split(/;|&&|\n/).map((statement) => statement.trim());
}

export function behaviourOf(argv: readonly string[]): Behaviour {
  const lines: Step[] = [];
  let afterMs = 0;
  let ignoresTerm = false;
  const all = statements(argv).filter((statement) => statement !== "");
  if (all.length === 0) return { lines, exit: undefined, ignoresTerm };
  let status = 0;
  for (const statement of all) {
    const [path = "", ...rest] = statement.split(/\s+/);
    const name = path.slice(path.lastIndexOf("/") + 1);
    switch (name) {
      case "echo":
        lines.push({ afterMs, line: unquote(statement.slice(path.length).trim()) });
        status = 0;
        break;
      case "sleep": {
        const ms = sleepMs(rest[0]);
        if (ms === undefined) return { lines, exit: undefined, ignoresTerm };
        afterMs += ms;
        status = 0;
        break;
      }
      case "true":
        status = 0;
        break;
      case "false":
        status = 1;
        break;
      case "trap":
        ignoresTerm = /^trap\s+(""|'')\s+.*TERM/.test(statement);
        break;
      case "tail":
        return { lines, exit: undefined, ignoresTerm, ...(rest.join(" ") === "/dev/zero" ? { eatsFromMs: afterMs } : {}) };
      case "exit":
        return { lines, exit: { afterMs, exitCode: Number(rest[0] ?? status) & 0xff }, ignoresTerm };
      default:
        return { lines, exit: undefined, ignoresTerm };
    }
  }
  return { lines, exit: { afterMs, exitCode: status }, ignoresTerm };
}
