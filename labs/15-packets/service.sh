# A Service of two pods, as rules: whoever asks for 10.96.0.10:80 is sent to the one or the other, by turns, and answers come back the same way.
nat() { iptables -t nat "$@"; }
nat -N WEB
nat -A PREROUTING -d 10.96.0.10/32 -p tcp --dport 80 -j WEB
nat -A OUTPUT -d 10.96.0.10/32 -p tcp --dport 80 -j WEB
nat -A WEB -p tcp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.9.0.2:8080
nat -A WEB -p tcp -j DNAT --to-destination 10.9.0.3:8080
nat -A POSTROUTING -m conntrack --ctstate DNAT -j MASQUERADE
