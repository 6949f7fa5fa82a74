# `sh commit.sh NAME LAYER`: ends a container, and what it has written becomes a layer of an image. That is all of "commit".
umount "$1" && mv "disk/$1/upper" "disk/$2" && echo "layer $2: $(cd "disk/$2" && find . ! -type d | tr '\n' ' ')"
