# `sh start.sh NAME…`: the file tree of a new container each: the image below ($LOWER, the topmost layer first), an empty layer of its own above.
for name in "$@"; do
  umount "$name" 2> /dev/null
  rm -rf "disk/$name"
  mkdir -p "$name" "disk/$name/upper" "disk/$name/work"
  mount -t overlay "$name" -o "lowerdir=${LOWER-disk/2:disk/1},upperdir=disk/$name/upper,workdir=disk/$name/work" "$name" || exit 1
done
echo "started: $*"
