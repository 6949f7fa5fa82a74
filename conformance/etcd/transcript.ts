// Transcripts of etcd: commands of etcdctl and steps over gRPC, `----`, what was answered. Recorded from etcd, played against ours.
// Invariant: what is scrubbed before comparing is the named list below and nothing else.
// Called by: e2e/etcd.e2e.ts and etcd.test.ts (play), record.ts (record). Next on the way: driver.ts, then the *.txt files.

import { execFile } from "node:child_process";
import { Driver } from "./driver.ts";

export { format, parse, type Step } from "../kubectl/transcript.ts";

/** What differs between two runs of the same commands, or between two sizes of the same data: name, pattern, stand-in. */
const scrubs: readonly (readonly [name: string, pattern: RegExp, standIn: string])[] = [
  ["log lines of etcdctl itself", /^\{"level":"(warn|info)".*\}\n?/gm, ""],
  ["addresses", /(https?:\/\/)?127\.0\.0\.1:\d+/g, "<endpoint>"],
  ["terms", /("raft_?[tT]erm":|"RaftTerm" : )\d+/g, "$1<term>"],
  ["raft indexes", /("raft(Applied)?Index":|"Raft(Applied)?Index" : )\d+/g, "$1<index>"],
  ["sizes of the database", /("db_?Size(InUse)?":)\d+/g, "$1<size>"],
  ["hashes", /("hash":)\d+/g, "$1<hash>"],
  ["versions", /("version":)"3\.[45]\.\d+"/g, '$1"<version>"'],
  ["ids of leases that the server chose", /\b(?!8e9e05c52164694d)[0-9a-f]{16}\b/g, "<lease>"],
  ["ids of leases that the server chose, in JSON", /("(ID|lease)":)(?!"?10276657743932975437)"?\d{15,}"?/g, "$1<lease>"],
  ["seconds that are left", /remaining\(\d+s\)/g, "remaining(<n>s)"],
  ["seconds that are left, in JSON", /"TTL":\d+,"grantedTTL"/g, '"TTL":<n>,"grantedTTL"'],
  ["durations", /took = [\d.]+[µnm]?s/g, "took = <time>"],
  ["tokens", /("token":)"[^"]+"/g, '$1"<token>"'],
];

export function scrub(text: string): string {
  return scrubs.reduce((scrubbed, [, pattern, standIn]) => scrubbed.replaceAll(pattern, standIn), text);
}

export interface Player {
  /** `host:port` of the server. */
  readonly endpoint: string;
  readonly etcdctl: string;
  /** What commands find in their environment besides. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `on ENDPOINTS …` asks these. `lines N …` runs etcdctl until it has printed N lines, and waits for its end: for a watch, an observation, a lock. */
const preamble = `
etcdctl() { command "$ETCDCTL" "$@"; }
on() { local endpoints="$1"; shift; ETCDCTL_ENDPOINTS="$endpoints" command "$ETCDCTL" "$@"; }
lines() { local n="$1" fd pid; shift; exec {fd}< <(exec "$ETCDCTL" "$@" 2>&1); pid=$!; head -n "$n" <&"$fd"; kill "$pid" 2>/dev/null; cat <&"$fd" >/dev/null; exec {fd}<&-; }
`;

export function playShell({ endpoint, etcdctl, env: more }: Player, command: string): Promise<string> {
  return new Promise((resolve) => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      ETCDCTL: etcdctl,
      ETCDCTL_API: "3",
      ETCDCTL_ENDPOINTS: `http://${endpoint}`,
      HOME: "/nonexistent",
      ...more,
    };
    execFile("bash", ["-c", `${preamble}{ ${command}\n} 2>&1`], { env, timeout: 60_000, maxBuffer: 32 << 20 }, (error, stdout) => {
      const code = error ? (typeof error.code === "number" ? error.code : 255) : 0;
      resolve(`${stdout.trimEnd()}${code === 0 ? "" : `\nexit ${code}`}`);
    });
  });
}

/** In the form of a step: scrubbed, an empty line as a dot. */
export const shown = (text: string): string =>
  scrub(text)
    .trim()
    .split("\n")
    .map((line) => (line.trim() === "" ? "." : line.trimEnd()))
    .join("\n")
    .replace(/^\.$/, "");

/** One file's commands on one server; a line that begins with `grpc` is steps for the driver, everything else is for a shell. */
export class Session {
  readonly #player: Player;
  readonly #driver: Driver;

  constructor(player: Player) {
    this.#player = player;
    this.#driver = new Driver(player.endpoint);
  }

  async play(command: string): Promise<string> {
    return shown(command.startsWith("grpc ") ? await this.#driver.run(command.slice(5)) : await playShell(this.#player, command));
  }

  close(): void {
    this.#driver.close();
  }
}
