# `sh share.sh WHO ADDRESS`: asks four times, and counts who has answered. Where nobody does, once is enough, and it fails.
for turn in 1 2 3 4; do sh ask.sh "$1" "$2" || { silent=yes; break; }; done > asked
sort asked | uniq -c | sed 's/^ *//'
[ -z "$silent" ]
