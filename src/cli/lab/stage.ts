// How a page looks while it is played: in a terminal with colours and a pause before each command, in a log as plain lines.
// Invariant: without a terminal nothing is ever asked, and no byte of colour is written.
// Called by: run-page.ts. Next on the way: player.ts, which tells it what to show.

import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { CliError, exitCodes, type Io } from "../io.ts";
import type { Reference } from "./symbols.ts";
import type { Stage } from "./player.ts";

export function plainStage(io: Io): Stage {
  const indented = (text: string): void => {
    for (const line of text.split("\n")) io.out(`  ${line}`);
  };
  return {
    prose: () => undefined,
    command: (command) => indented(`$ ${command}`),
    output: (lines, ok) => (ok ? undefined : indented(lines.join("\n"))),
    verdict: (ok, text) => io.out(`  ${ok ? "✔" : "✖"} ${text}`),
    note: (text) => io.out(`  ${text}`),
    excerpt: () => Promise.resolve(),
    ask: () => Promise.resolve(),
    next: () => Promise.resolve(),
  };
}

const keywords =
  /\b(?:async|await|break|case|class|const|continue|default|else|export|extends|false|for|from|function|if|import|in|interface|let|new|null|of|private|readonly|return|static|switch|this|throw|true|try|catch|finally|type|typeof|undefined|void|while|yield)\b/;
const token = new RegExp(
  `(//.*$|/\\*[\\s\\S]*?\\*/)|("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|\`[^\`]*\`)|(${keywords.source})|(\\b\\d[\\d_.]*\\b)`,
  "gm",
);

export function highlight(code: string): string {
  return code.replaceAll(token, (whole, comment?: string, text?: string, keyword?: string) => {
    if (comment !== undefined) return styleText("gray", whole);
    if (text !== undefined) return styleText("green", whole);
    return keyword === undefined ? styleText("yellow", whole) : styleText("magenta", whole);
  });
}

/** Markdown as far as a terminal needs it. */
export function prose(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      if (/^#+ /.test(line)) return styleText(["bold", "underline"], line.replace(/^#+ /, ""));
      return line
        .replaceAll(/\*\*([^*]+)\*\*/g, (_, strong: string) => styleText("bold", strong))
        .replaceAll(/`([^`]+)`/g, (_, code: string) => styleText("cyan", code))
        .replaceAll(/(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])/g, (_, word: string) => styleText("italic", word));
    })
    .join("\n");
}

export interface Place {
  readonly root: string;
  readonly lineOf: (reference: Reference) => number;
}

export function terminalStage(io: Io, place: Place): Stage {
  let last: Reference | undefined;
  const pause = async (): Promise<void> => {
    for (;;) {
      const hint = last === undefined ? "⏎ next · q quit" : "⏎ next · e editor · q quit";
      process.stdout.write(styleText("gray", hint));
      const key = await readKey();
      process.stdout.write("\r\u001b[K");
      if (key === "q" || key === "\u0003" || key === endOfInput) throw left();
      if (key !== "e" || last === undefined) return;
      openEditor(io, place, last);
    }
  };
  return {
    prose: (text) => io.out(`\n${prose(text)}\n`),
    command: (command) => io.out(`${styleText("bold", "$")} ${styleText("bold", command)}`),
    output(lines, ok) {
      for (const line of lines) io.out(`  ${line}`);
      if (!ok) io.out(styleText("red", "  ✖ not what the page says"));
    },
    verdict: (ok, text) => io.out(styleText(ok ? "green" : "red", `${ok ? "✔" : "✖"} ${text}`)),
    note: (text) => io.out(styleText("yellow", text)),
    async excerpt({ reference, code }) {
      last = reference;
      io.out(styleText("gray", `── ${reference.file}:${place.lineOf(reference)}`));
      io.out(highlight(code));
      await pause();
    },
    async ask(question) {
      io.out(prose(question));
      const reader = createInterface({ input: process.stdin, output: process.stdout });
      const gone = new Promise<never>((_, reject) => reader.once("close", () => reject(left())));
      await Promise.race([reader.question(styleText("cyan", "your guess> ")), gone]);
      reader.close();
    },
    next: pause,
  };
}

const endOfInput = "\u0004";
const left = (): CliError => new CliError("left in the middle", exitCodes.interrupted);

/** One key. A terminal that is closed has pressed the last one: what runs for this page has to end with it. */
function readKey(): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve) => {
    const heard = (key: string): void => {
      for (const [event, listener] of events) stdin.off(event, listener);
      if (!stdin.destroyed && !stdin.readableEnded) stdin.setRawMode(false);
      stdin.pause();
      resolve(key);
    };
    const closed = (): void => heard(endOfInput);
    const events = [
      ["data", (data: Buffer) => heard(data.toString())],
      ["end", closed],
      ["error", closed],
      ["close", closed],
    ] as const;
    for (const [event, listener] of events) stdin.on(event, listener);
  });
}

function openEditor(io: Io, place: Place, reference: Reference): void {
  const editor = io.env["VISUAL"] ?? io.env["EDITOR"] ?? "vi";
  const [program = "vi", ...words] = editor.split(" ");
  const line = place.lineOf(reference);
  const target = /(?:code|codium)$/.test(program) ? ["--goto", `${reference.file}:${line}`] : [`+${line}`, reference.file];
  const { error } = spawnSync(program, [...words, ...target], { cwd: place.root, stdio: "inherit" });
  if (error) io.err(`${program}: ${error.message}; $EDITOR chooses another`);
}
