# A stick is in the machine when a container starts; then it is taken out. $HOW: how the container's mounts hang together with the machine's.
tree=$PWD/tree
mkdir -p "$tree"
mount -t tmpfs machine "$tree"
mount --make-shared "$tree"
mkdir "$tree/stick" "$tree/own"
mount -t tmpfs stick "$tree/stick"

unshare --mount --propagation "${HOW:-slave}" sleep 1000 &
container=$!
until [ "$(cat /proc/$container/comm)" = sleep ]; do sleep 0.02; done
inside() { nsenter --target $container --mount "$@"; }
mounted() { grep -q " $tree/$1 " "/proc/$2/mountinfo"; }

mounted stick $container && echo "the container began with the stick in"
umount "$tree/stick"
mounted stick $container && echo "taken out, and the container still has it" || echo "taken out, and the container has let go"
inside mount -t tmpfs own "$tree/own"
mounted own self && echo "what the container mounts, the machine has too" || echo "what the container mounts is its own affair"

kill $container
umount -l "$tree"
