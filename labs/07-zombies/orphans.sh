# Three parents each start a child and end before it. Who adopts the children? The machine's process 1, or what the file `under` names.
# Waits until all three have ended, and are buried, unless they belong to somebody who never will.
[ -f adopter.pid ] && kill "$(cat adopter.pid)" 2> /dev/null
rm -f orphans adopter.pid
$(cat under 2> /dev/null) sh -c 'for n in 1 2 3; do sh -c "sleep 0.1 & echo \$! >> orphans"; done' &
[ -f under ] && echo $! > adopter.pid
state() { awk '/^State:/ { state = $2 } /^PPid:/ { print state, $2 }' "/proc/$1/status" 2> /dev/null; }
until [ "$(grep -sc . orphans)" = 3 ]; do sleep 0.05; done
dead=0
for orphan in $(cat orphans); do
  while last=$(state "$orphan") && [ -n "$last" ] && [ "$last" != "Z $(cat adopter.pid 2> /dev/null)" ]; do sleep 0.05; done
  [ -n "$last" ] && dead=$((dead + 1))
done
echo "3 orphans have ended, $dead not buried"
