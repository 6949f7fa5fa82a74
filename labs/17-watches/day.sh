# A day of one watcher: it hears of 1, 2 and 3, then the plug is pulled while 4, 5 and 6 are written, and put back for 7 and 8.
# Prints what the watcher was told by the end of the day, in the order it was told.
last() { awk 'NF { line = $0 } END { print line }' day.out; }
wait_for() { for i in $(seq 150); do [ "$(last)" = "$1" ] && return; sleep 0.1; done; }

[ -f day.pid ] && kill "$(cat day.pid)" 2>/dev/null
sh cable.sh new noon > noon.told
now=$(etcdctl get day -w fields | sed -n 's/^"Revision" : //p')
ETCDCTL_ENDPOINTS=$(cat noon.address) etcdctl watch day --rev=$((now + 1)) > day.out 2>&1 &
echo $! > day.pid
for value in 1 2 3; do etcdctl put day $value > put.told; done
wait_for 3
sh cable.sh pull noon > noon.told
for value in 4 5 6; do etcdctl put day $value > put.told; done
sh cable.sh plug noon > noon.told
wait_for 6
for value in 7 8; do etcdctl put day $value > put.told; done
wait_for 8
sh seen.sh day
