// Transcripts of kubectl: commands, `----`, what was printed. Recorded from a real kube-apiserver, played against ours.
// Invariant: what is scrubbed before comparing is the named list below and nothing else.
// Called by: e2e/transcripts.e2e.ts (play), conformance/kubectl/record.ts (record). Next on the way: the *.txt files.

import { execFile } from "node:child_process";

export interface Step {
  readonly command: string;
  /** Output as recorded, scrubbed; exit code 1 and above stands in a last line `exit N`. */
  readonly output: string;
}

/** Steps of a transcript file; lines that start with `#` between steps are comments and kept by `format`. */
export function parse(text: string): { comments: string[]; steps: Step[] } {
  const steps: Step[] = [];
  const comments: string[] = [];
  for (const block of text.split("\n\n")) {
    if (block.trim() === "") continue;
    const lines = block.split("\n");
    const heading = lines.filter((line) => line.startsWith("# "));
    const rest = lines.filter((line) => !line.startsWith("# "));
    const [command = "", , ...output] = rest;
    comments.push(heading.join("\n"));
    // A dot stands for an empty line, a lone one for no output at all.
    const text = output.join("\n").trimEnd();
    steps.push({ command, output: text === "." ? "" : text });
  }
  return { comments, steps };
}

export function format(comments: readonly string[], steps: readonly Step[]): string {
  const blocks = steps.map(({ command, output }, index) => {
    const heading = comments[index] ? `${comments[index]}\n` : "";
    // An empty line would end the block: it is kept as a dot.
    return `${heading}${command}\n----\n${output
      .split("\n")
      .map((line) => (line.trim() === "" ? "." : line))
      .join("\n")}`;
  });
  return `${blocks.join("\n\n")}\n`;
}

/** What differs between two runs of the same commands: name, pattern, stand-in. */
const scrubs: readonly (readonly [name: string, pattern: RegExp, standIn: string])[] = [
  ["uids", /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>"],
  ["times", /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  ["long times", /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+\d{4}/g, "<time>"],
  ["resource versions", /(resourceVersion: |"resourceVersion": )"\d+"/g, '$1"<rv>"'],
  ["pods of a ReplicaSet", /\b([a-z]+)-[0-9a-z]{8,10}-[0-9a-z]{5}\b/g, "$1-<hash>-<id>"],
  ["hashes of a template", /\b([a-z]+)-(?=[a-z]*[0-9])[0-9a-z]{8,10}\b/g, "$1-<hash>"],
  ["template hash labels", /(pod-template-hash[=:] ?)"?[0-9a-z]{8,10}"?/g, "$1<hash>"],
  ["token volumes", /kube-api-access-[0-9a-z]{5}/g, "kube-api-access-<id>"],
  ["ages", /(?<=[\s(])\d+(s|m|h|d)(\d+(s|m|h))?(?=[\s)]|$)/gm, "<age>"],
  ["unknown ages", /<invalid>/g, "<age>"],
  ["current revisions", /current: \d+/g, "current: <rv>"],
  ["addresses of services", /\b10\.96\.(?!0\.\d+\b)\d+\.\d+\b/g, "<address>"],
  ["node ports", /(?<=[:,"] ?)3[0-2]\d{3}(?=\/(?:TCP|UDP)|,"port"|,"protocol")/g, "<nodePort>"],
  ["server addresses", /127\.0\.0\.1:\d+/g, "<server>"],
  ["server versions", /v1\.36\.\d+(\+dhow\.\d+)?/g, "v1.36.x"],
  ["column widths", /(?<=\S) {2,}/g, "  "],
  ["ends of lines", / +$/gm, ""],
];

export function scrub(text: string): string {
  return scrubs.reduce((scrubbed, [, pattern, standIn]) => scrubbed.replaceAll(pattern, standIn), text);
}

export interface Player {
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** Folder in which the commands run: manifests are named relative to it. */
  readonly folder: string;
}

/** Runs one command through a shell (a transcript may pipe) and gives its scrubbed output in the form of a step. */
export function play(player: Player, command: string): Promise<string> {
  const { kubectl, kubeconfig, folder } = player;
  const script = `kubectl() { command "$KUBECTL" "$@"; }; ${command}`;
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECTL: kubectl, KUBECONFIG: kubeconfig, HOME: "/nonexistent", NO_COLOR: "1" };
    execFile("bash", ["-c", `${script} 2>&1`], { cwd: folder, env, timeout: 60_000, maxBuffer: 32 << 20 }, (error, stdout) => {
      const code = error ? (typeof error.code === "number" ? error.code : 255) : 0;
      const text = scrub(stdout.trimEnd())
        .split("\n")
        .map((line) => (line.trim() === "" ? "." : line));
      if (text.length === 1 && text[0] === ".") text.pop();
      if (code !== 0) text.push(`exit ${code}`);
      resolve(text.join("\n"));
    });
  });
}
