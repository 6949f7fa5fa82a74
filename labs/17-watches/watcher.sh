# `sh watcher.sh NAME ARGUMENTS…`: an etcdctl watch at the end of the cable, whose values are collected in NAME.seen.
name=$1
shift
rm -f "$name.out"
ETCDCTL_ENDPOINTS=$(cat cable.address) etcdctl watch "$@" > "$name.out" 2>&1 &
echo "$name watches $*"
