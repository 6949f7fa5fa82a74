# `sh cable.sh NAME ADDRESS`: what the CNI plugin `bridge` does for a pod: a pair of interfaces, one end in the pod, the other on the bridge.
pid=$(cat "pods/$1")
ip link add "$1" type veth peer name eth0 netns "$pid"
ip link set "$1" master pods up
nsenter --target "$pid" --net sh -c "ip link set lo up; ip addr add $2/24 dev eth0; ip link set eth0 up; ip route add default via 10.9.0.1"
echo "$1 has $2"
