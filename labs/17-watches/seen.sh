# What a watcher has been told, in one line: `PUT` or `DELETE`, key, value are three lines each of etcdctl.
awk '/^(PUT|DELETE)$/ { verb = $1; at = NR } NR == at + 1 && at { key = $1 } NR == at + 2 && at { printf "%s%s", gap, verb == "PUT" ? $1 : "-" key; gap = " "; at = 0 } END { print "" }' "$1.out"
