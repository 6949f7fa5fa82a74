# A program with a log: 8 MiB are in it, and it stays open, as descriptor 3. Somebody has deleted the file to make room.
exec 3> big.log
dd if=/dev/zero bs=1M count=8 >&3 2> dd.told
sleep 600 > sleep.told 2>&1 &
echo $! > holder.pid
exec 3>&-
rm big.log
echo "process $(cat holder.pid) runs, big.log is deleted"
