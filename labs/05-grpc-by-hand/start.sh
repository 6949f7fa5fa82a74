# Starts the server and waits until it listens.
node server.ts > server.log 2>&1 &
tries=0
until grep -q listening server.log || [ "$tries" = 200 ]; do sleep 0.05; tries=$((tries + 1)); done
cat server.log
