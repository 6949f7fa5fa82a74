# What a node agent does to a container: SIGTERM, wait, SIGKILL. This one looks whether there is anything to wait for: it lets the program stand still
# (SIGSTOP gets through from outside), so that a signal that is kept can be seen: bit 14 of ShdPnd is SIGTERM, number 15.
pid=$(cat pid)
has() { [ $((0x$(awk "/^$1:/ { print \$2 }" "/proc/$pid/status") >> 14 & 1)) = 1 ]; }
kill -STOP "$pid"
until grep -q '^State:.T' "/proc/$pid/status"; do sleep 0.05; done
if has SigCgt; then will=handles; elif has SigBlk; then will=blocks; else will="does nothing about"; fi
kill -TERM "$pid" && told=$?
if has ShdPnd; then kept="kept, and it ended"; else kept="thrown away, and it took SIGKILL"; kill -KILL "$pid"; fi
kill -CONT "$pid" 2> /dev/null
while [ -e "/proc/$pid" ]; do sleep 0.05; done
echo "it $will SIGTERM; kill said $told; the signal was $kept"
