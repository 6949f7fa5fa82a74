# Starts a keeper (edge or level) in place of the one before, and waits until it has said what it keeps.
[ -f keeper.pid ] && kill "$(cat keeper.pid)" 2>/dev/null
: > keeper.log
node keeper.ts "$1" >> keeper.log 2>&1 &
echo $! > keeper.pid
tries=0
until grep -q . keeper.log || [ "$tries" = 200 ]; do sleep 0.05; tries=$((tries + 1)); done
cat keeper.log
