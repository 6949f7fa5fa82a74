# A room with busybox in it, and a program that is to live there: `sh run.sh /bin/sh -c 'ls /'`. The pid namespace must be there before its process
# 1 is: unshare(2) moves children, never the caller. So util-linux makes it, and Node is born into it.
if [ ! -d room ]; then
  mkdir -p room/bin room/proc room/dev
  cp "$(command -v busybox)" room/bin/busybox
  for name in sh ls cat grep; do ln -s busybox room/bin/$name; done
fi
exec unshare --pid --fork --kill-child node container.ts "$PWD/room" "$@"
