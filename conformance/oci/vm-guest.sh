#!/bin/busybox sh
# Process 1 of vm.ts's machine: modules, /usr and this project read-only from the host, cgroup version 2, then /words, and off.
# Invariant: nothing of the host can be written; everything else is memory. Called by: the kernel. Next on the way: run.ts, inside.
b=/bin/busybox
$b mkdir -p /proc /sys /dev /r
$b mount -t proc proc /proc && $b mount -t sysfs sys /sys && $b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod "$module"; done
$b mount -t tmpfs -o size=70% root /r && cd /r || $b poweroff -f
read -r shares </shares
$b mkdir -p proc sys dev tmp run etc root mnt home var/tmp $shares
for folder in bin sbin lib lib64; do $b ln -s usr/$folder $folder; done
for share in $shares; do
  $b mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose "${share##*/}" "$share" || $b poweroff -f
done
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
{
  echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root'
  echo 'mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mkdir -p /dev/pts /dev/shm'
  echo 'mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm; mount -t cgroup2 none /sys/fs/cgroup'
  echo 'mount -t securityfs securityfs /sys/kernel/security'
  echo 'ln -s /proc/self/fd /dev/fd; ln -s fd/0 /dev/stdin; ln -s fd/1 /dev/stdout; ln -s fd/2 /dev/stderr'
  echo 'chmod 1777 /tmp /dev/shm; ip link set lo up; cd /opt/dhow'
  $b cat /words
  echo 'echo "ended with $?"; echo o >/proc/sysrq-trigger; while :; do :; done'
} >run/go
# Another root, so that pivot_root is not asked of the first one, which cannot be left.
exec $b switch_root /r /bin/sh /run/go
