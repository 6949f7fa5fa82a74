# A bomb that does not burn: it starts sleepers until it may not. Then its neighbour wants to start one program.
sh inside.sh bomb sh -c 'while :; do sleep 1000 & done' > bomb.out 2>&1
echo "the bomb stands at $(node group.ts tell bomb | sed -n 's/^processes: //p') processes"
sh inside.sh quiet sh -c 'sleep 0 && echo "its neighbour can start a program"' 2> neighbour.err || echo "its neighbour cannot even start a program"
node group.ts end bomb
node group.ts make bomb ${PIDS-pids=20} > made
