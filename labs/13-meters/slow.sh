# Works without a pause in a group that may have a tenth of a processor, until it has been stopped five times.
sh inside.sh slow sh -c 'while :; do :; done' &
until [ "$(node group.ts tell slow | sed -n 's/^periods .*: //p')" -ge 5 ]; do sleep 0.1; done
kill $!
echo "stopped at least five times"
