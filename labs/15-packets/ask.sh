# `sh ask.sh WHO ADDRESS`: asks for a name; WHO is a pod, or `machine`.
[ "$1" = machine ] || in="nsenter --target $(cat "pods/$1") --net"
timeout 10 $in busybox wget -q -O - "http://$2/name" 2> ask.err
case $? in
  0) ;;
  124) echo "no answer"; exit 1 ;;
  *) grep -q refused ask.err && echo "refused" || { echo "no answer"; exit 1; } ;;
esac
