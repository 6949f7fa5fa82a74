# `sh inside.sh GROUP COMMAND…`: enters the group, and only then becomes the command. That is all of "running in a control group".
while read -r door; do echo 0 > "$door"; done < "groups/$1"
shift
[ -z "$ADJ" ] || echo "$ADJ" > /proc/self/oom_score_adj
exec "$@"
