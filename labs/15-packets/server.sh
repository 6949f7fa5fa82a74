# `sh server.sh NAME`: a server on port 8080 of that pod, which says its name; `sh server.sh stop NAME` ends it.
# `machine` has one on its loopback interface only, port 6443.
listens() { cat /proc/$1/net/tcp /proc/$1/net/tcp6 2> /dev/null | grep -q ":$2 .* 0A "; }
case $1 in
  stop)
    pid=$(cat "pods/$2")
    kill "$(cat "pods/$2.server")"
    while listens "$pid" 1F90; do sleep 0.02; done
    exit ;;
  machine)
    mkdir -p www/machine && echo "the API server" > www/machine/name
    busybox httpd -f -p 127.0.0.1:6443 -h www/machine &
    pid=self port=192B ;;
  *)
    pid=$(cat "pods/$1") port=1F90
    nsenter --target "$pid" --net busybox httpd -f -p 8080 -h "www/$1" &
    echo $! > "pods/$1.server" ;;
esac
until listens $pid $port; do sleep 0.02; done
