# Starts the server, or another one in its place (`sh serve.sh half-open`), and notes its port for the commands after this one.
[ -n "$SERVER" ] && kill "$SERVER"
rm -f ready
node server.ts "$1" > server.told 2>&1 &
until [ -s ready ]; do kill -0 $! || exit 1; sleep 0.05; done
grep -v '^SERVER\|^PORT' .env > others
cat others ready > .env
echo "a server listens"
