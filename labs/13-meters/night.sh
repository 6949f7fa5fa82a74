# Two tenants of one node: the quiet one holds 24 MiB and does nothing; the greedy one takes what it gets. What is the morning like?
# `sh night.sh classes`: the greedy one has no limit at all, but both have a class, and with it a place in the queue of those to be killed.
exec 2> night.err
greedy=greedy
if [ "$1" = classes ]; then
  greedy=free
  node class.ts > classes || exit 1
  last=$(sed -n 's/^guaranteed //p' classes) first=$(sed -n 's/^besteffort //p' classes)
fi
rm -f milk && mkfifo milk
{ head -c 25165824 /dev/zero; exec sleep 1000; } > milk & # no line in it, so tail has to keep it all
cow=$!
ADJ=$last sh inside.sh quiet tail < milk &
quiet=$!
until awk '/^VmRSS/ { enough = $2 >= 24576 } END { exit !enough }' /proc/$quiet/status; do sleep 0.05; done

# If nothing else stops it, then a gigabyte does: this is somebody's machine.
ADJ=$first sh inside.sh $greedy sh -c 'ulimit -v 1000000; exec tail /dev/zero' > greedy.out &
wait $!
echo "the greedy one has ended with $?"
# Whoever was killed before does not hear this any more.
kill $quiet
wait $quiet
end=$?
if [ $end = 143 ]; then echo "the quiet one holds its 24 MiB"; else echo "the quiet one has ended with $end"; fi
kill $cow
wait
