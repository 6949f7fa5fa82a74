# Five visits, then: how many sockets wait for the server to close them?
: > gone
node visitors.ts "$PORT" 5
until [ "$(grep -c . gone)" = 5 ]; do sleep 0.05; done
echo "5 visitors have left, $(ss -Htn state close-wait "sport = :$PORT" | wc -l) sockets are in CLOSE-WAIT"
