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

function linePattern(line: string, captures: Captures, groups: string[]): string {
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
  return pattern + escape(line.slice(at));
}

/** True when the output is what was expected; new captures are kept then. */
export function matches(expected: readonly string[], output: string, captures: Captures): boolean {
  const groups: string[] = [];
  const wanted = [...expected];
  while (wanted.at(-1)?.trim() === "") wanted.pop();
  const pattern = wanted
    .map((line) => (line.trim() === "…" ? "(?:[^\\n]*\\n)*?" : `${linePattern(line.trimEnd(), captures, groups)}\\n`))
    .join("");
  const found = new RegExp(`^${pattern}$`, "u").exec(
    outputLines(output)
      .map((line) => `${line}\n`)
      .join(""),
  );
  if (!found) return false;
  for (const [index, name] of groups.entries()) captures.set(name, found[index + 1]!);
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
