# What do three containers of one image have, and what of it is their own?
echo "programs: $(stat -c %i a/bin/busybox b/bin/busybox c/bin/busybox | sort -u | wc -l) inode for three"
echo "of their own: $(find disk/a/upper disk/b/upper disk/c/upper -type f -exec cat {} + | wc -c) bytes"
