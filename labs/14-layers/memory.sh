# The same program from three containers at once: what each says it has in memory, and what it is when shared pages count once.
for name in a b c; do "./$name/bin/busybox" sleep 1000 & pids="$pids $!"; done
for pid in $pids; do until [ "$(cat /proc/$pid/comm)" = busybox ] && grep -q '^State:.S' /proc/$pid/status; do sleep 0.02; done; done
for pid in $pids; do cat /proc/$pid/smaps; done | awk '
  / r-xp / { code = /\/bin\/busybox$/ } / r--p | rw-p / { code = 0 }
  code && /^Rss:/ { rss += $2 } code && /^Pss:/ { pss += $2 }
  END { print "code of the three, each counted: " rss " KiB; what it takes: " pss " KiB" }'
kill $pids
