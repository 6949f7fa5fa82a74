# `sh syncs.sh PUTS AT-A-TIME`: how many times did the kernel hear fdatasync meanwhile? strace writes each call into trace.txt.
count() { grep -c 'fdatasync(' trace.txt; }
before=$(count)
node puts.ts "$1" "$2"
echo "$(($(count) - before)) calls of fdatasync"
