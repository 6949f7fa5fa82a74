# Starts the lab's own store, or the same one anew, and waits until it serves. `sh store.sh stop` ends it; what it says is in store.log.
# Its address goes into .env, which every later command of the lab finds in its environment: etcdctl asks the right one.
# `UNDER="strace -D …" sh store.sh` puts something in front of it.
alive() { ps -o stat= -p "$(cat store.pid)" | grep -q '^[^Z]'; } # Z: it has ended, only its parent has not noticed yet
if [ -f store.pid ]; then
  kill "$(cat store.pid)" 2>/dev/null
  while alive; do sleep 0.05; done
  rm store.pid
fi
[ "$1" = stop ] && exit 0
rm -f store.log
$UNDER dhow store --data-dir data --listen-client-urls http://127.0.0.1:0 --election-timeout 100 --heartbeat-interval 10 "$@" > store.log 2>&1 &
echo $! > store.pid
until grep -qs 'serving clients' store.log; do
  alive || { echo "the store did not start:"; sed -n 's/^dhow store: //p' store.log; exit 1; }
  sleep 0.05
done
port=$(sed -n 's/.*"ports":\[\([0-9]*\).*/\1/p' store.log)
echo "ETCDCTL_ENDPOINTS=127.0.0.1:$port" > .env
echo "ETCDCTL_API=3" >> .env
echo "a store is listening"
