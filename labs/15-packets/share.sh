# `sh share.sh WHO ADDRESS`: asks four times, and counts who has answered. Where nobody does, once is enough.
for turn in 1 2 3 4; do sh ask.sh "$1" "$2" || break; done | sort | uniq -c | sed 's/^ *//'
