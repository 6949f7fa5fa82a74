# Two clerks sell an apple each, at the same moment: both read the stock, then both write what they have worked out.
# How they write is in the file `mode`: "compare" (only if nobody has written since I read) or "just put".
etcdctl put stock/apples 10 > put.txt
look() { etcdctl get stock/apples -w fields | sed -n "s/^\"$1\" : //p" | tr -d '"'; }

write() {
  if [ "$(cat mode)" = compare ]; then
    printf 'mod("stock/apples") = "%s"\n\nput stock/apples %s\n\n\n' "$2" "$3" | etcdctl txn | head -1
  else
    etcdctl put stock/apples "$3" > put.txt && echo SUCCESS
  fi
}

sell() { # who, the value read, the revision it was read at
  if [ "$(write "$1" "$3" $(($2 - 1)))" = SUCCESS ]; then
    echo "$1 sells one, $(($2 - 1)) left"
  else
    echo "$1: somebody has written since revision $3; I read again"
    sell "$1" "$(look Value)" "$(look ModRevision)"
  fi
}

apples=$(look Value) revision=$(look ModRevision)
echo "ada reads $apples"
echo "bob reads $apples"
sell ada "$apples" "$revision"
sell bob "$apples" "$revision"
