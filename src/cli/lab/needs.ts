// What a page needs and this machine lacks, by name, before anything is made.
// Invariant: reads only; a missing thing is never worked around in silence.
// Called by: world.ts, the list of labs, check.ts (are the tools that commands use declared?). Next on the way: world.ts.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cgroupFacts } from "#linux";

export function findTool(name: string, path = process.env["PATH"] ?? ""): string | undefined {
  const folders = [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The program may be there and the kernel's half of it not. What is tried here goes with the network namespace it is tried in. */
const natTrial = `
ip link add trial type bridge; ip link add trial0 type veth peer name trial1
iptables -t nat -A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE
iptables -t nat -A OUTPUT -p tcp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.9.0.2:8080`;

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
}

/** Needs that are no program. */
const features: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  linux: () => process.platform === "linux",
  cgroup2: () => existsSync("/sys/fs/cgroup/cgroup.controllers"),
  namespaces: canIsolate,
  cgroups: () => features["root"]!() && ["memory", "cpu", "pids"].every((one) => cgroupFacts().controllers.includes(one)),
  nat: () => features["namespaces"]!() && findTool("iptables") !== undefined && succeeds("unshare", ["--net", "sh", "-ec", natTrial]),
  overlayfs: () => process.platform === "linux" && existsSync("/sys/module/overlay"),
};

/** What the name alone does not say. */
const said: Readonly<Record<string, string>> = { nat: "nat (a kernel with nf_tables, or ip_tables, for iptables; bridges and veth)" };

/** What of `needs` is missing here, in words. */
export function missing(needs: readonly string[]): readonly string[] {
  const lacking = needs.filter((need) => !(Object.hasOwn(features, need) ? features[need]!() : findTool(need) !== undefined));
  return lacking.map((need) => (Object.hasOwn(said, need) ? said[need]! : need));
}

/** Own mount, pid and network namespaces: possible for root, unless a container around us forbids it. */
export function canIsolate(): boolean {
  if (!features["linux"]!() || !features["root"]!() || !findTool("unshare") || !findTool("ip")) return false;
  return succeeds("unshare", ["--mount", "--pid", "--net", "--fork", "true"]);
}

/** Programs that every machine has which can run a shell, or that the shell has inside. */
const everywhere = new Set(
  `sh cd echo printf cat cut head tail sort uniq wc tr sed awk grep ls rm cp mv mkdir rmdir touch sleep true false test kill ps pgrep id
  env export read set wait trap exec for while if do done then fi else seq date tee xargs basename dirname readlink od cmp diff ln chmod pwd node dhow
  return local case esac timeout mkfifo dd sync stat command type unset exit [ { } ! :`.split(/\s+/),
);

/** The programs that a shell line calls, as far as one can tell without being a shell. */
export function toolsOf(command: string): readonly string[] {
  const bare = command
    .replaceAll(/<<-?'?(\w+)'?([^\n]*)\n[\s\S]*?\n?\1$/gm, "$2")
    .replaceAll(/'[^']*'/g, "''")
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\$\(|`/g, " ; ")
    .replaceAll(/\d*[<>]&?\s*\S+/g, " ")
    .replaceAll(/#.*$/gm, "");
  const found = bare.split(/\|\||&&|[|;&\n()]/).flatMap((part) => {
    const words = part.trim().split(/\s+/);
    while (
      words[0] !== undefined &&
      (/^\w+=/.test(words[0]) || ["!", "do", "then", "else", "if", "while", "until", "time", "exec"].includes(words[0]))
    )
      words.shift();
    const [word = ""] = words;
    return /^[a-z][\w.-]*$/.test(word) && !["for", "case"].includes(word) ? [word] : [];
  });
  return [...new Set(found)].filter((word) => !everywhere.has(word));
}
