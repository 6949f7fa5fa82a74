# An image of two layers, each a folder. Below it a file system in memory, so that the same happens wherever your /tmp lies.
mkdir disk && mount -t tmpfs disk disk
mkdir -p disk/1/bin disk/1/etc/conf disk/1/data disk/2/etc
cp /bin/busybox disk/1/bin/busybox
echo "welcome to the first layer" > disk/1/etc/motd
echo "hunter2" > disk/1/etc/password
echo "on" > disk/1/etc/conf/debug
head -c 8388608 /dev/zero > disk/1/data/table
echo "welcome to the second layer" > disk/2/etc/motd
echo "two layers, $(find disk/1 disk/2 -type f | wc -l) files"
