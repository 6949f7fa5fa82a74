# `sh cable.sh new`: a cable to the store, with a switch; `sh cable.sh pull` and `sh cable.sh plug` use it. A second word names another cable.
name=${2:-cable}
signal() { # signal, the state it leads to
  kill -"$1" "$(cat "$name.pid")"
  until grep -q "$2" "$name.state"; do sleep 0.05; done
}
case $1 in
  new)
    [ -f "$name.pid" ] && kill "$(cat "$name.pid")"
    rm -f "$name.state"
    node cable.ts "$ETCDCTL_ENDPOINTS" "$name" > "$name.log" 2>&1 &
    echo $! > "$name.pid"
    until grep -qs plugged "$name.state"; do sleep 0.05; done
    ;;
  pull) signal USR1 pulled ;;
  plug) signal USR2 plugged ;;
esac
cat "$name.state"
