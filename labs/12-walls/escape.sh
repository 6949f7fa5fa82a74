# Runs inside the room, as root: two prisoners who help each other. The second one sits in a cell within the room, in a hole of that cell.
rm -rf /hole /cell
mkdir -p /cell/hole /cell/bin
ln /bin/busybox /cell/bin/busybox
chroot /cell /bin/busybox sh -c '
  cd /hole
  echo here > sits
  until [ -e moved ]; do /bin/busybox sleep 0.02; done
  # Out of the cell by no step of its own: now "/" is nowhere above, and ".." stops at nothing.
  for step in 1 2 3 4 5 6 7 8 9; do cd -P ..; done
  if [ -e ".$SECRET" ]; then echo "out, and read: $(/bin/busybox cat ".$SECRET")"
  else echo "out of the cell, and above it is only $(/bin/busybox cat ./name)"; fi' &
until [ -e /cell/hole/sits ]; do sleep 0.02; done
mv /cell/hole /hole
echo now > /hole/moved
wait
