# What a clerk does while holding the lock: reads the book, thinks, writes. `etcdctl lock` runs it and says in $ETCD_LOCK_KEY which key the lock is.
# How it writes is in the file `mode`: "fenced" (only if nobody has written since I got the lock) or "trusting".
name=$1 amount=$2
token=$(etcdctl get "$ETCD_LOCK_KEY" -w fields | sed -n 's/^"CreateRevision" : //p')
book=$(etcdctl get book --print-value-only)
echo "$name has the lock since revision $token, and reads $book"
if [ "$name" = ada ]; then
  echo $$ > ada.pid
  until [ -f ada.go ]; do sleep 0.05; done
fi
new=$((book + amount))
if [ "$(cat mode)" = trusting ]; then
  etcdctl put book $new > "$name.put" && verdict=SUCCESS
else
  verdict=$(printf 'mod("book") < "%s"\n\nput book %s\n\n\n' "$token" $new | etcdctl txn | head -1)
fi
[ "$verdict" = SUCCESS ] && echo "$name writes $new" || echo "$name is refused: somebody has written since revision $token"
