// The grammar of the case files: `== name`, what differs in config.json, commands, `----`, what they answer.
// Invariant: a line nobody understands is an error with file and line; `format(parse(text))` is the text.
// Called by: run.ts, report.ts, oci.test.ts. Next on the way: bundle.ts (the config), play.ts (the commands).

/** One change of config.json: `set` a value at a path, `add` to a list, `drop` a key or the list members that match. */
export interface Edit {
  readonly op: "set" | "add" | "drop";
  readonly path: string;
  readonly value?: unknown;
}

export interface Step {
  /** For the shell of play.ts; several lines are one command. */
  readonly command: string;
  readonly expected: string;
}

export interface Case {
  readonly name: string;
  readonly file: string;
  /** Where it is written: a section of the specification, a check of runtime-tools, the number of an attack. */
  readonly see: readonly string[];
  /** What the machine must have, else the case is not run: see machine.ts. */
  readonly needs: readonly string[];
  /** Reference → why its answer is another one. */
  readonly except: ReadonlyMap<string, string>;
  readonly edits: readonly Edit[];
  /** What the container's shell runs: lines of `process.args[2]`. Empty: `true`. */
  readonly inside: string;
  readonly steps: readonly Step[];
  /** The lines as written, for `format`. */
  readonly head: readonly string[];
}

export interface CaseFile {
  readonly comments: readonly string[];
  readonly cases: readonly Case[];
}

function parseEdit(text: string): Edit {
  const match = /^([^\s+-]+)([+-]?)(?:\s+(.*))?$/u.exec(text);
  const [, path, sign, value] = match ?? [];
  if (path === undefined) throw new Error(`config: a path was expected: ${text}`);
  const op = sign === "+" ? "add" : sign === "-" ? "drop" : "set";
  if (value === undefined && op !== "drop") throw new Error(`config: a value was expected after ${path}`);
  return value === undefined ? { op, path } : { op, path, value: JSON.parse(value) as unknown };
}

interface Head {
  see: string[];
  needs: string[];
  except: Map<string, string>;
  edits: Edit[];
  inside: string[];
}

/** Takes one line of a head, if it is one. */
function parseHeadLine(line: string, head: Head): boolean {
  const [word, rest] = splitOnce(line, " ");
  if (word === "see") head.see.push(rest);
  else if (word === "needs") head.needs.push(rest);
  else if (word === "config") head.edits.push(parseEdit(rest));
  else if (word === "inside") head.inside.push(rest);
  else if (word === "except") {
    const [runtime, why] = splitOnce(rest, ": ");
    if (why === "") throw new Error("except: `RUNTIME: why` was expected");
    head.except.set(runtime, why);
  } else return false;
  return true;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Blocks of `command ---- answer`, one empty line between them. */
function parseSteps(lines: readonly string[]): Step[] {
  const steps: Step[] = [];
  let block: string[] = [];
  const finish = (): void => {
    if (block.length === 0) return;
    const at = block.indexOf("----");
    const command = (at < 0 ? block : block.slice(0, at)).join("\n");
    steps.push({ command, expected: at < 0 ? "" : block.slice(at + 1).join("\n") });
    block = [];
  };
  for (const line of lines) {
    if (line === "") finish();
    else block.push(line);
  }
  finish();
  return steps;
}

function parseCase(file: string, name: string, lines: readonly string[]): Case {
  const head: Head = { see: [], needs: [], except: new Map(), edits: [], inside: [] };
  let at = 0;
  while (at < lines.length && parseHeadLine(lines[at] ?? "", head)) at++;
  return { ...head, name, file, inside: head.inside.join("\n"), head: lines.slice(0, at), steps: parseSteps(lines.slice(at)) };
}

export function parse(text: string, file: string): CaseFile {
  const comments: string[] = [];
  const cases: Case[] = [];
  let name: string | undefined;
  let lines: string[] = [];
  const finish = (): void => {
    if (name === undefined) return;
    try {
      cases.push(parseCase(file, name, lines));
    } catch (error) {
      throw new Error(`${file}: ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("== ")) {
      finish();
      name = line.slice(3);
      lines = [];
    } else if (name !== undefined) lines.push(line);
    else if (line.startsWith("#")) comments.push(line);
    else if (line !== "") throw new Error(`${file}: a comment or a case was expected: ${line}`);
  }
  finish();
  return { comments, cases };
}

export function format({ comments, cases }: CaseFile): string {
  const blocks = [comments.join("\n")];
  for (const { name, head, steps } of cases) {
    const written = steps.map(({ command, expected }) => `${command}\n----${expected === "" ? "" : `\n${expected}`}`);
    blocks.push([`== ${name}`, ...head, written.join("\n\n")].filter((line) => line !== "").join("\n"));
  }
  return `${blocks.join("\n\n")}\n`;
}
