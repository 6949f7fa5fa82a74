# Writes until the store has made snapshots and thrown the log file away that it writes now; then: how many deleted files does it still hold open?
file=$(ls data/*.wal | tail -n 1)
while [ -e "$file" ]; do etcdctl put k $$ > put.told; done
held=$(lsof -a +L1 -p "$(cat store.pid)" 2> lsof.told | grep -c deleted)
echo "the log has moved on, $held deleted files are held open"
