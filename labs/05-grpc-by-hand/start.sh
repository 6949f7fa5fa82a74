# Starts the server and waits until it listens: its first line comes through a pipe, so the wait is no guess.
rm -f ready server.log
mkfifo ready
node server.ts > ready 2> server.log &
head -n 1 ready
rm ready
