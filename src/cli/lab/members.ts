// `world: members N`: a store of several members on this machine, each a process of its own, and a script that starts and hurts them.
// Invariant: addresses are the loopback's and chosen once; the script tells what it did only when it is so.
// Called by: world.ts. What the script can do stands in labs/README.md. Next on the way: compose/store-component.ts.

import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const memberScript = "member.sh";

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Tells one word only: what was asked for has happened, or one line why not. */
const script = `# The members of this world: m1, m2, … Each has a folder members/mN with data, log and pid.
#   sh member.sh start m1 [FLAGS]   starts it, waits until it serves and knows a leader; its flags stand in members/m1/flags
#   sh member.sh kill m1            kill -9, and waits until it is gone
#   sh member.sh pause m1 | resume m1   SIGSTOP, SIGCONT
#   sh member.sh leader             the name of the one that leads, as the others see it
#   sh member.sh address m1         its client address
# ETCDCTL_ENDPOINTS names them all.
alive() { ps -o stat= -p "$(cat "members/$1/pid")" 2>/dev/null | grep -q '^[^Z]'; }
name=$2
case "$1" in
start)
  shift 2
  if [ -f "members/$name/pid" ] && alive "$name"; then echo "$name is running"; exit 1; fi
  rm -f "members/$name/log"
  # The flags are one line of words without spaces in them.
  dhow store $(cat "members/$name/flags") "$@" > "members/$name/log" 2>&1 &
  echo $! > "members/$name/pid"
  [ -n "$NOWAIT" ] && exit 0
  sh member.sh wait "$name" ;;
wait)
  until grep -qs 'serving clients' "members/$name/log" && grep -qs 'a member leads' "members/$name/log"; do
    alive "$name" || { echo "$name did not start:"; sed -n 's/^dhow store: //p' "members/$name/log"; exit 1; }
    sleep 0.05
  done
  echo "$name serves" ;;
kill)
  kill -9 "$(cat "members/$name/pid")"
  while alive "$name"; do sleep 0.05; done
  echo "$name is gone" ;;
pause) kill -STOP "$(cat "members/$name/pid")" && echo "$name stands still" ;;
resume) kill -CONT "$(cat "members/$name/pid")" && echo "$name goes on" ;;
address) cat "members/$name/address" ;;
leader)
  for folder in members/*; do
    name=\${folder#members/}
    case "$(ps -o stat= -p "$(cat "$folder/pid")" 2>/dev/null)" in '' | Z* | T*) continue ;; esac
    # What it said last.
    grep -s 'a member leads\\|no member leads' "$folder/log" | tail -n 1 | grep -q '"itself":true' && echo "$name" && exit 0
  done
  echo nobody
  exit 1 ;;
*) echo "sh member.sh start|kill|pause|resume|leader|address NAME"; exit 2 ;;
esac
`;

/** Writes the members' folders and the script; gives their names. */
export async function layOutMembers(folder: string, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, at) => `m${at + 1}`);
  const ports = await Promise.all(names.flatMap(() => [freePort(), freePort()]));
  const at = (member: number, peer: 0 | 1): string => `127.0.0.1:${ports[member * 2 + peer]}`;
  const cluster = names.map((name, member) => `${name}=http://${at(member, 1)}`).join(",");
  mkdirSync(join(folder, "members"));
  for (const [member, name] of names.entries()) {
    const own = join(folder, "members", name);
    const [client, peer] = [`http://${at(member, 0)}`, `http://${at(member, 1)}`];
    mkdirSync(own);
    const flags = [
      `--name ${name} --data-dir members/${name}/data`,
      `--listen-client-urls ${client} --advertise-client-urls ${client}`,
      `--listen-peer-urls ${peer} --initial-advertise-peer-urls ${peer} --initial-cluster ${cluster}`,
    ];
    writeFileSync(join(own, "flags"), `${flags.join(" ")}\n`);
    writeFileSync(join(own, "address"), `${at(member, 0)}\n`);
  }
  writeFileSync(join(folder, memberScript), script);
  writeFileSync(join(folder, ".env"), `ETCDCTL_API=3\nETCDCTL_ENDPOINTS=${names.map((_, member) => at(member, 0)).join(",")}\n`);
  return names;
}
