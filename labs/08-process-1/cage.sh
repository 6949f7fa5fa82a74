# Makes a program process 1 of a new pid namespace, as every container's program is: `sh cage.sh bare|shell|polite|pause`. Its pid, seen from
# here, comes into the file `pid`. Waits until the program has done what it does first.
old=$(cat pid 2> /dev/null) && kill -KILL "$old" 2> /dev/null
case "$1" in
  bare) set -- sleep 600 ;;
  shell) set -- sh -c 'sleep 600; true' ;;
  polite) set -- sh -c 'trap "exit 0" TERM; sleep 600 & wait' ;;
  pause) node pause.ts > program && chmod +x program && set -- ./program ;;
esac
# What unshare says when its child was killed is no news.
unshare --pid --fork --kill-child --mount-proc "$@" 2> unshare.told &
above=$!
until pid=$(pgrep -P $above); do kill -0 $above || exit 1; done
echo "$pid" > pid
state() { sed -n 's/^Name:.//p; s/^State:.//p' "/proc/$pid/status" | tr '\n' ' '; }
# A shell has read its `trap` when it starts its first program; `program` sleeps in one place only, where it waits for signals.
until pgrep -x -P "$pid" sleep > /dev/null; do
  case "$(state)" in 'sleep S'* | 'program S'*) break ;; esac
  kill -0 $above || exit 1
  sleep 0.05
done
awk '/^NSpid/ { print "here it is process " $(NF - 1) ", inside it is process " $NF }' "/proc/$pid/status"
