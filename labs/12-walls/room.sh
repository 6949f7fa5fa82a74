# A room for a prisoner: a folder with one program in it (busybox, which is many), and a secret outside, which is the machine's.
mkdir -p room/bin room/dev room/old
: > room/dev/null # a shell that puts something into the background wants to have it
cp /bin/busybox room/bin/busybox
for name in sh cat ls mv mkdir rm ln sleep chroot umount; do ln -sf busybox "room/bin/$name"; done
cp escape.sh room/escape.sh
echo "the room" > room/name
echo "the machine's secret" > secret
echo "a room with $(ls room/bin | wc -l) programs"
