# Member 3 is killed, misses a write, and is then alone with what it has: the others stand still. What is x? In the end everybody is back.
at() { member=$1; shift; ETCDCTL_ENDPOINTS=$(sh member.sh address "$member") etcdctl --command-timeout=3s "$@"; }
ask() { at "$1" get x --print-value-only $2 2> ask.err || echo "no answer"; }

until etcdctl put x old > put.told 2>&1; do sleep 0.1; done
# What is committed reaches a member's disk along with the next entry: so another one, and until member 3 has that.
until etcdctl put next $$ > put.told 2>&1; do sleep 0.1; done
until [ "$(at m3 get next --print-value-only --consistency=s)" = $$ ]; do sleep 0.1; done
sh member.sh kill m3 > member.told
until leader=$(sh member.sh leader) && [ "$leader" != m3 ]; do sleep 0.1; done
until at "$leader" put x new > put.told 2>&1; do leader=$(sh member.sh leader); done
for member in m1 m2; do sh member.sh pause $member > member.told; done

NOWAIT=1 sh member.sh start m3
until grep -qs 'serving clients' members/m3/log; do sleep 0.1; done
echo "m3 alone, asked for what it has: $(ask m3 --consistency=s)"
echo "m3 alone, asked what is true: $(ask m3)"

for member in m1 m2; do sh member.sh resume $member > member.told; done
until [ "$(ask m3)" != "no answer" ]; do sleep 0.1; done
echo "m3 with the others, asked what is true: $(ask m3)"
