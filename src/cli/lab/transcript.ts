// Printed output against what a page says it is: `…` elides, `<name>` captures a value and must mean the same ever after.
// Invariant: a page without elisions and captures is compared letter by letter (but for white space at line ends).
// Called by: player.ts. Next on the way: rewriting in update.ts.

export type Captures = Map<string, string>;

/** Words that kubectl itself puts between angle brackets. */
const literal = new Set(["none", "unknown", "unset", "pending", "nil", "invalid", "no"]);
const placeholder = /<([a-z][a-z0-9-]*)>/g;

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
export const outputLines = (output: string): string[] => {
  const lines = output.split("\n").map((line) => line.trimEnd());
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines;
};

export function substitute(command: string, captures: Captures): string {
  return command.replaceAll(placeholder, (whole, name: string) => captures.get(name) ?? whole);
}

/** The names that the line's pattern captures come in order into `groups`. */
function linePattern(line: string, captures: Captures, groups: string[]): RegExp {
  let pattern = "";
  let at = 0;
  for (const match of line.matchAll(/<([a-z][a-z0-9-]*)>|…/g)) {
    pattern += escape(line.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1];
    if (name === undefined) pattern += ".*?";
    else if (literal.has(name)) pattern += escape(match[0]);
    else if (captures.has(name)) pattern += escape(captures.get(name)!);
    else if (groups.includes(name)) pattern += `\\${groups.indexOf(name) + 1}`;
    else {
      groups.push(name);
      pattern += "(\\S+?)";
    }
  }
  return new RegExp(`^${pattern}${escape(line.slice(at))}$`, "u");
}

/** The captures as they are after this line, or undefined when it is another line. */
function matchLine(expected: string, line: string | undefined, captures: Captures): Captures | undefined {
  if (line === undefined) return undefined;
  const groups: string[] = [];
  const found = linePattern(expected.trimEnd(), captures, groups).exec(line);
  if (!found) return undefined;
  const after = new Map(captures);
  for (const [index, name] of groups.entries()) after.set(name, found[index + 1]!);
  return after;
}

/** All lines of `block` at `at`, one after the other. */
function matchBlock(block: readonly string[], lines: readonly string[], at: number, captures: Captures): Captures | undefined {
  let after: Captures | undefined = captures;
  for (const [index, expected] of block.entries()) {
    after = matchLine(expected, lines[at + index], after);
    if (!after) return undefined;
  }
  return after;
}

/** True when the output is what was expected; new captures are kept then. */
export function matches(expected: readonly string[], output: string, captures: Captures): boolean {
  const wanted = [...expected];
  while (wanted.at(-1)?.trim() === "") wanted.pop();
  // Blocks between lines that are only `…`: each is taken where it first fits, the last one at the end.
  const blocks: string[][] = [[]];
  for (const line of wanted) {
    if (line.trim() === "…") blocks.push([]);
    else blocks.at(-1)!.push(line);
  }
  const lines = outputLines(output);
  let known: Captures | undefined = new Map(captures);
  let at = 0;
  for (const [index, block] of blocks.entries()) {
    const last = index === blocks.length - 1;
    const final = lines.length - block.length;
    if (last && (index === 0 ? final !== 0 : final < at)) return false;
    let start = last ? final : at;
    let after = matchBlock(block, lines, start, known);
    while (!after && index > 0 && !last && start < lines.length) after = matchBlock(block, lines, ++start, known);
    if (!after) return false;
    known = after;
    at = start + block.length;
  }
  for (const [name, value] of known) captures.set(name, value);
  return true;
}

/** What UPDATE writes: the new output, with what was captured before given its name again. */
export function rewritten(output: string, captures: Captures): string[] {
  return outputLines(output).map((line) => {
    let text = line;
    for (const [name, value] of captures) if (value.length > 3) text = text.replaceAll(value, `<${name}>`);
    return text;
  });
}
