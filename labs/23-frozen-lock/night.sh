# Ada takes the lock and is frozen, before she writes; Bob gets the lock when hers has run out; then Ada wakes up and goes on where she was.
rm -f ada.*
etcdctl put book 100 > book.told
etcdctl lock --ttl 4 till sh clerk.sh ada 20 > ada.out 2> ada.err &
lock=$!
until [ -s ada.pid ]; do sleep 0.05; done
kill -STOP $lock "$(cat ada.pid)"
cat ada.out
echo "ada's machine is suspended"
timeout 25 etcdctl lock --ttl 4 till sh clerk.sh bob 50 2> bob.err || echo "bob waits for the lock, and waits"
touch ada.go
kill -CONT "$(cat ada.pid)" $lock
wait $lock
tail -n 1 ada.out
echo "the book says $(etcdctl get book --print-value-only)"
