# The inmate. It runs inside, as root, and says what it could do. Every deed is one that changes nothing for anybody.
guard=$(grep -lx guard /proc/[0-9]*/comm 2> /dev/null | cut -d / -f 3)
[ -n "$guard" ] && kill -0 $guard && echo 'kill the guard'
grep -q gate: /proc/net/dev && echo 'listen at the gate'
[ "$(grep -c . /proc/sysvipc/shm)" -gt 1 ] && echo "read the guard's note"
# Written back as it was read: the program that the machine runs, as root and outside, when one of its processes crashes.
read -r pattern < /proc/sys/kernel/core_pattern && echo "$pattern" > /proc/sys/kernel/core_pattern && echo "choose the machine's crash handler"
for hidden in /proc/timer_list /proc/keys; do [ -n "$(head -c 1 $hidden)" ] && found=1; done; [ "$found" ] && echo "read the kernel's secrets"
# A user without rights, and a program that belongs to root and is setuid.
/sbin/su sailor -c '/sbin/su root -c "[ \$(id -u) = 0 ]"' && echo 'become root by a setuid program'
unshare -U true && echo 'found a namespace where it is root'
true > /bin/door && echo 'change the image'
(for n in 1 2 3 4 5 6 7 8 9 10; do for m in 1 2 3 4 5 6 7 8 9 10; do sleep 600 & echo $! >> /dev/forked; done; done) && echo 'fork a hundred times'
while read -r pid; do kill "$pid"; done < /dev/forked
mknod /dev/log-of-the-kernel c 1 11 && true > /dev/log-of-the-kernel && echo "write into the kernel's log"
true
