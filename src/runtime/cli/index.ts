// The command line of an OCI runtime: options for all commands, then a command, its options and a container.
// Invariant: a failure is one line on stderr, one line of JSON in the log, exit status 1; stdout belongs to answers.
// Called by: main.ts. Next on the way: cli/commands.ts.

import { appendFileSync, writeSync } from "node:fs";
import { isErrno } from "#linux";
import { messageOf, RuntimeError } from "../errors.ts";
import { openMachine, pause } from "../machine.ts";
import { commands } from "./commands.ts";
import { versionText } from "./offline.ts";
import { type OptionTable, type Parsed, parseOptions } from "./options.ts";

const globalOptions: OptionTable = {
  root: "value",
  log: "value",
  "log-format": "value",
  rootless: "value",
  "soft-nofile": "value",
  criu: "value",
  debug: "flag",
  "systemd-cgroup": "flag",
  version: "flag",
  help: "flag",
};

const usage = `usage: dhow-runtime [--root DIR] [--log FILE] [--log-format text|json] COMMAND [options] [ID]

commands: ${Object.keys(commands).join(", ")}`;

/** Without a stream: making Node's own costs more than most commands. A pipe that is full is asked again. */
function say(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
      pause();
    }
  }
}

function defaultRoot(): string {
  if (process.getuid?.() === 0) return "/run/dhow-runtime";
  return `${process.env["XDG_RUNTIME_DIR"] ?? `/tmp/dhow-runtime-${process.getuid?.() ?? 0}`}/dhow-runtime`;
}

function logTo(options: Parsed, level: string, msg: string): void {
  const file = options.text("log");
  if (file === undefined) return;
  const time = new Date().toISOString();
  const line =
    options.text("log-format") === "json"
      ? JSON.stringify({ level, msg, time })
      : `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(msg)}`;
  try {
    appendFileSync(file, `${line}\n`);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EACCES")) throw error;
  }
}

async function invoke(options: Parsed, entry: readonly string[]): Promise<number> {
  const [name, ...words] = options.rest;
  if (options.flag("version")) {
    say(1, `${versionText}\n`);
    return 0;
  }
  if (name === undefined || options.flag("help") || name === "help") {
    say(1, `${usage}\n`);
    return 0;
  }
  if (options.flag("systemd-cgroup")) throw new RuntimeError("--systemd-cgroup: control groups made by systemd are not supported");
  if (!Object.hasOwn(commands, name)) throw new RuntimeError(`no such command: ${name}`);
  const command = commands[name]!;
  const softNofile = options.text("soft-nofile");
  return command.run({
    machine: () =>
      openMachine({ entry, softNofile: softNofile !== undefined && /^\d+$/u.test(softNofile) ? Number(softNofile) : undefined }),
    root: options.text("root") ?? defaultRoot(),
    options: parseOptions(words, command.options, command.short ?? {}, command.stop ?? false),
    print: (text) => say(1, `${text}\n`),
  });
}

export async function runtimeMain(words: readonly string[], entry: readonly string[]): Promise<number> {
  let options: Parsed | undefined;
  try {
    options = parseOptions(words, globalOptions, { v: "version", h: "help" }, true);
    return await invoke(options, entry);
  } catch (error) {
    const message = messageOf(error);
    if (options) logTo(options, "error", message);
    say(2, `${options?.flag("debug") && error instanceof Error ? error.stack : message}\n`);
    return 1;
  }
}
