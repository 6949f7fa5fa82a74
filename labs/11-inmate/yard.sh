# The prison yard: everything outside the cell is in namespaces of its own, too, so that whatever the inmate manages to do it does to nobody.
# In the yard: a guard (a process), a gate (a network interface), a note (shared memory). Then the command that follows.
[ "$1" = inside ] || exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --ipc --uts --net sh yard.sh inside "$@"
shift
# Of its own, so that programs may be setuid and devices devices, however this machine mounts its /tmp.
mkdir -p cells && mount -t tmpfs none cells || exit 1
cp "$(command -v sleep)" cells/guard
cells/guard 600 > guard.told 2>&1 &
ip link add gate type bridge && ipcmk -M 64 > note.told || exit 1
"$@"
