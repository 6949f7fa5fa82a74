# What the commands of a case may call, for busybox's shell. Given: RUNTIME STATE BUNDLE WORK ID TRIES, and NODE and TOOLS for what a shell cannot.
# Invariant: every wait is bounded and ends at an event that /proc or a file shows; stdout of a helper is part of the answer.
# Called by: play.ts, which puts the case's commands behind it. Next on the way: cases/*.txt.

rt() { $AS "$RUNTIME" --root "$STATE" "$@"; }
run() { rt run --bundle "$BUNDLE" "$@" "$ID" </dev/null; }

# create: the container's own output goes to $WORK/stdout and stderr; what the runtime itself said counts only when it failed.
create() {
  rt create --bundle "$BUNDLE" --pid-file "$WORK/pid" "$@" "$ID" </dev/null >"$WORK/stdout" 2>"$WORK/stderr" && return 0
  set -- $?
  cat "$WORK/stderr" >&2
  return "$1"
}
start() { rt start "$ID"; }
delete() { rt delete "$@" "$ID"; }
state() { rt state "$ID"; }
pid() { cat "$WORK/pid"; }

# The value of a top-level field in the state: a string or a number.
field() {
  state >"$WORK/state.json" || return
  sed -n 's/^ *{* *"'"$1"'": *"\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}}*$/\1/p' "$WORK/state.json" | head -n 1
}
status() { field status; }

# within COMMAND…: waits until it succeeds, at most an eighth of what the case has.
within() {
  tries=$TRIES
  until "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { echo "waited in vain: $*"; return 1; }
    usleep 10000
  done
}
ended() { # PID: gone, or dead and not yet waited for
  [ -z "$1" ] || [ ! -e "/proc/$1/stat" ] || grep -q '^State:.*[ZX] ' "/proc/$1/status" 2>/dev/null || [ ! -e "/proc/$1/stat" ]
}
gone() { within ended "$(pid)"; }
printed() { grep -q "$1" "$WORK/stdout"; }
told() { within printed "$1"; } # the container has printed a line with it
output() { gone && cat "$WORK/stdout"; }
here() { [ -e "$1" ]; }

# terminal SOCKET ACTION…: takes a terminal from there and sits before it, until its last user has gone. named (what it was called, first), told WORD, size ROWS COLUMNS, type TEXT, key NUMBER.
terminal() { "$NODE" --disable-proto=delete --no-warnings "$TOOLS/terminal.ts" "$@" >"$WORK/terminal" 2>&1 & }
console() { terminal "$WORK/console" "$@" && within here "$WORK/console.ready"; }
screen() { wait && cat "$WORK/terminal"; }

# profiles load|remove: those of AppArmor's that the cases speak of.
profiles() { "$NODE" --disable-proto=delete --no-warnings "$TOOLS/apparmor.ts" "$1"; }

# rootless: from here on the runtime is called by somebody who is nobody on this machine; the bundle is his, and a namespace in which he is root.
AS=
rootless() {
  rewrite 'it.linux.namespaces.push({ type: "user" }); delete it.linux.cgroupsPath;
    for (const kind of ["uid", "gid"]) it.linux[`${kind}Mappings`] ??= [{ containerID: 0, hostID: 61183, size: 1 }];
    for (const one of it.mounts) if (one.options) one.options = one.options.filter((option) => option !== "gid=5")' &&
    chown -R 61183:61183 "$WORK" && AS="/usr/bin/setpriv --reuid 61183 --regid 61183 --clear-groups"
}

# json EXPRESSION: of the object `it` on stdin, printed.
json() { "$NODE" -e 'const it = JSON.parse(require("node:fs").readFileSync(0, "utf8")); const answer = eval(process.argv[1]); console.log(typeof answer === "string" ? answer : JSON.stringify(answer))' "$1"; }

# rewrite EXPRESSION: config.json changed by a statement about `it`.
rewrite() { "$NODE" -e 'const fs = require("node:fs"); const [path, statement] = process.argv.slice(1); const it = JSON.parse(fs.readFileSync(path, "utf8")); eval(statement); fs.writeFileSync(path, JSON.stringify(it))' "$BUNDLE/config.json" "$1"; }

# cg CONTROLLER FILE: a value of the container's cgroup, in a v1 hierarchy.
cg() { cat "/sys/fs/cgroup/$1/dhow-oci/$ID/$2"; }

cg2() { cat "/sys/fs/cgroup/dhow-oci/$ID/$1"; } # where there is version 2 alone

mounts_now() { sed 's/^[0-9]* [0-9]* [0-9:]* //; s/ master:[0-9]*//; s/ shared:[0-9]*//' /proc/self/mountinfo; }
processes_left() {
  for folder in /proc/[0-9]*; do
    [ "${folder#/proc/}" = 1 ] && continue
    grep -q '^State:.*[ZX] ' "$folder/status" 2>/dev/null && continue
    line=$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline") || continue
    [ -n "$line" ] && echo "process: $line"
  done
}
cgroups_left() {
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$hierarchy/cgroup.procs" ] && find "$hierarchy" -xdev -type d -name "*$ID*" 2>/dev/null
  done
  :
}
quiet() { # nobody else lives; a subshell would count itself
  processes_left >"$WORK/processes"
  [ ! -s "$WORK/processes" ]
}
leftovers() {
  processes_left
  mounts_now | diff "$WORK/mounts" - | grep '^[<>]' | sed 's/^/mount: /'
  cgroups_left | sed 's/^/cgroup: /'
  find "$STATE" -mindepth 1 2>/dev/null | sed 's/^/state: /'
}
clean() { leftovers >"$WORK/leaks"; [ ! -s "$WORK/leaks" ]; }
finish() {
  for folder in "$STATE"/*; do
    [ -e "$folder" ] && rt delete --force "${folder##*/}" >/dev/null 2>&1 </dev/null
  done
  tries=$((TRIES / 3))
  until clean || [ $tries = 0 ]; do tries=$((tries - 1)); usleep 10000; done
}
