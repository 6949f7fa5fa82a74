# What a process can find out about itself and its surroundings, printed; runs inside, in busybox's shell.
# Invariant: nothing here depends on time, on numbers that differ from run to run, or on the runtime's name.
# Called by: report.ts, as the container's program. Next on the way: configurations.txt.

part() { echo "[$1]"; }

part identity
id -u; id -g; umask; pwd; hostname
cat /proc/sys/kernel/domainname
env | sort
grep -E '^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Seccomp_filters|Cpus_allowed_list|Mems_allowed_list|Threads|Speculation_Store_Bypass|SpeculationIndirectBranch|THP_enabled)' /proc/$$/status

part capabilities
grep '^Cap' /proc/$$/status

part signals
grep -E '^Sig(Blk|Ign|Cgt)|^ShdPnd|^SigPnd' /proc/$$/status

part limits
tr -s ' ' </proc/$$/limits

part files
for file in /proc/$$/fd/*; do
  echo "${file##*/} $(readlink "$file" | sed 's|.*/||; s/[0-9][0-9]*//g')"
done

part process
for name in oom_score_adj personality timens_offsets setgroups uid_map gid_map loginuid sessionid coredump_filter timerslack_ns attr/current; do
  [ -r "/proc/$$/$name" ] && echo "$name $(tr -s ' \n\0' ' ' <"/proc/$$/$name" 2>/dev/null)"
done
sed 's/.*) //' "/proc/$$/stat" | awk -v me=$$ '{ print "parent", $2, "of its own group and session", $3 == me, $4 == me, "terminal", $5, "priority", $15, $16, "policy", $38 }'
ionice -p $$

part namespaces
while read -r name outside; do
  [ "$(readlink "/proc/$$/ns/$name")" = "$outside" ] && echo "$name inherited" || echo "$name own"
done </etc/outside

part mounts
# What masks a file is /dev/null, the container's with one runtime and the machine's with another.
awk '$4 ~ "/null$" { print "masked", $5; next } { line = $4 " " $5 " " $6; for (i = 7; $i != "-"; i++) { sub(/:.*/, "", $i); line = line " " $i }; print line, $(i + 1), $(i + 2), $(i + 3) }' "/proc/$$/mountinfo"

part devices
find /dev ! -path '/dev/pts/[0-9]*' | sort | while read -r path; do
  if [ -L "$path" ]; then echo "$path -> $(readlink "$path")"; else stat -c '%n %F %t:%T %a %u:%g' "$path"; fi
done

part groups
sort -t : -k 2 "/proc/$$/cgroup" | cut -d: -f2-

part network
ls /sys/class/net 2>/dev/null
cat /sys/class/net/lo/flags 2>/dev/null
for name in net/ipv4/ip_forward net/ipv4/ip_unprivileged_port_start net/core/somaxconn kernel/shm_rmid_forced kernel/msgmax; do
  echo "$name $(cat "/proc/sys/$name" 2>/dev/null)"
done

part root
stat -c '%n %a %u:%g' / /proc /sys /dev /tmp /etc /mnt /dev/shm 2>/dev/null
touch /written 2>/dev/null && echo writable
ls -a / | tr '\n' ' '; echo
for path in /proc/kcore /proc/keys /proc/timer_list /sys/firmware /proc/sys/kernel/hostname /proc/sysrq-trigger; do
  [ -w "$path" ] && echo "$path may be written"
done
