# `sh pod.sh NAME`: a pod is a process that holds a network namespace (upstream's is called pause) and, for `web…`, a server in it.
mkdir -p pods "www/$1"
echo "$1" > "www/$1/name"
unshare --net sleep 100000 &
pid=$!
until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.02; done
echo $pid > "pods/$1"
case $1 in web*) sh server.sh "$1" ;; esac
echo "$1 is process $pid"
