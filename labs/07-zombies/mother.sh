# A mother who never looks: a shell starts a child and becomes `sleep`, which has never heard of it. Waits until the child has ended.
# The child stays until the mother has changed: a shell would look.
child='until grep -q sleep "/proc/$PPID/comm"; do :; done; exit 3'
sh -c 'sh -c "$1" & echo $! > child.pid; exec sleep 600' sh "$child" &
echo $! > mother.pid
until grep -qs '^State:.Z' "/proc/$(cat child.pid 2> /dev/null)/status"; do sleep 0.05; done
echo "mother $(cat mother.pid), child $(cat child.pid)"
